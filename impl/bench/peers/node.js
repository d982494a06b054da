'use strict';
/* The client of `make bench` that is Node's: net.connect, then tls.connect with that socket. What it is told, and answers,
 * is described in impl/bench/doc.go. */
const fs = require('fs');
const net = require('net');
const readline = require('readline');
const tls = require('tls');

const PIECE = 64 << 10, MESSAGE = 100, MANY = 16;
const [port, authority, name] = process.argv.slice(2);
const secureContext = tls.createSecureContext({ ca: fs.readFileSync(authority) });

const now = () => Number(process.hrtime.bigint());

function used() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

function resident() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

function clock() {
  const wall = now(), cpu = used();
  return () => `wall=${now() - wall} cpu=${used() - cpu}`;
}

function connect() {
  return new Promise((resolve, reject) => {
    const plain = net.connect(port, '127.0.0.1', () => {
      const socket = tls.connect({ socket: plain, servername: name, secureContext }, () => resolve(socket));
      socket.on('error', reject);
    });
    plain.on('error', reject);
    plain.setNoDelay(); // as Go and asyncio do by themselves
  });
}

/** Has some workers call f so many times, each one after the other. */
async function share(count, atOnce, f) {
  let left = count;
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, async () => {
    while (left-- > 0) {
      await f();
    }
  }));
}

function command(letter, size) {
  const request = Buffer.alloc(9, letter);
  request.writeBigUInt64BE(BigInt(size), 1);
  return request;
}

/** Runs f on a connection that has sent a command, until f calls what it is given. */
async function ended(letter, size, f) {
  const socket = await connect();
  const stop = clock();
  socket.write(command(letter, size));
  await new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('end', () => reject(new Error('the connection ended')));
    f(socket, resolve);
  });
  const answer = stop();
  socket.destroy();
  return answer;
}

const operations = {
  async handshakes(count, atOnce) {
    const stop = clock();
    await share(count, atOnce, async () => (await connect()).destroySoon());
    return stop();
  },
  down(size) {
    let got = 0;
    return ended('D', size, (socket, resolve) => socket.on('data', (data) => {
      got += data.length;
      if (got === size) {
        resolve();
      }
    }));
  },
  up(size) {
    let left = size;
    const piece = Buffer.alloc(PIECE);
    return ended('U', size, (socket, resolve) => {
      const next = () => {
        if (left > 0) {
          const n = Math.min(left, PIECE);
          left -= n;
          socket.write(piece.subarray(0, n), next);
        }
      };
      socket.on('data', resolve);
      next();
    });
  },
  async echo(size, times) {
    const each = [], message = Buffer.alloc(size);
    let got = 0;
    const answer = await ended('E', size, (socket, resolve) => {
      let trip = now();
      socket.on('data', (data) => {
        got += data.length;
        if (got < size) {
          return;
        }
        const at = now();
        each.push(at - trip);
        [got, trip] = [0, at];
        if (each.length === times) {
          resolve();
        } else {
          socket.write(message);
        }
      });
      socket.write(message);
    });
    each.sort((a, b) => a - b);
    return `${answer} median=${each[each.length >> 1]} p99=${each[Math.floor(each.length * 0.99)]}`;
  },
  async sockets(count) {
    const sockets = [];
    const before = resident();
    let began = now();
    await share(count, MANY, async () => sockets.push(await connect()));
    const wrap = now() - began;
    const memory = Math.round((resident() - before) / count);
    const send = Buffer.concat([command('E', MESSAGE), Buffer.alloc(MESSAGE)]);
    let got = 0;
    began = now();
    await new Promise((resolve, reject) => sockets.forEach((socket) => {
      socket.on('error', reject);
      socket.on('data', (data) => {
        got += data.length;
        if (got === count * MESSAGE) {
          resolve();
        }
      });
      socket.write(send);
    }));
    const exchange = now() - began;
    sockets.forEach((socket) => socket.destroy());
    return `wrap=${wrap} exchange=${exchange} resident=${memory}`;
  },
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [what, ...numbers] = line.split(' ');
    try {
      console.log(await operations[what](...numbers.map(Number)));
    } catch (error) { // whatever it was, it is told
      console.log(`error ${JSON.stringify(String(error))}`);
    }
  }
  process.exit(); // connections that were closed may not be gone yet
})();
