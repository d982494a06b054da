'use strict';
/*
 * A thin driver that puts Node's tls.connect({ socket }) under sslconform.
 *
 * It translates between the lines of sslconform's protocol and Node's sockets and events, and adds nothing that Node
 * lacks, save for what it declares in `by_driver`:
 *
 * reattach        what tls.connect returns has no listeners: this driver moves the original's there, and nothing else.
 *                 The original's timeout and its pause stay where they are. The callback of a write gets no socket: it
 *                 belongs to the one that has the listeners. A listener for 'error' is always there: where there is
 *                 none, Node throws, and the process ends.
 * close/explicit  a listener for 'close' is the close-cb, without the argument that Node gives it.
 * timeout/closes  Node tells of a timeout and leaves it to its user to destroy the socket, as this driver does.
 *
 * An error that Node reports does not make this driver close anything: Node's documentation promises that 'close'
 * follows. The close of a socket is destroy, after which Node does nothing more with it; end would wait for the peer.
 *
 * setTimeout is the read timeout. It fires when for that long nothing was read, nor written: where nothing is written,
 * that is silence from the peer, and it never fires sooner. A write timeout beside it, Node does not have.
 */
const fs = require('fs');
const net = require('net');
const tls = require('tls');
const v8 = require('v8');
const vm = require('vm');
const { Named, failure, refusal } = require('./objects');

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc');

const UNOFFERED = { // fields of what Node has no equivalent for
  connect: ['stream', 'keep', 'write_timeout_ms'],
  'set-timeouts': ['write_timeout_ms'],
  write: ['callbacks', 'has'],
};
const METHODS = { 'tls1.2': 'TLSv1.2', 'tls1.3': 'TLSv1.3' };

/** The bytes that a request is about. */
function content({ data = '', size, seed = 0 }) {
  if (size === undefined) {
    return Buffer.from(data, 'base64');
  }
  const bytes = Buffer.alloc(size);
  for (let n = 0, x = seed; n < size; n++) {
    x = Math.imul(x, 1103515245) + 12345;
    bytes[n] = x >> 16;
  }
  return bytes;
}

/** Ends when the loop has polled twice more and has run what was ready. The first immediate comes behind the poll that
 * is under way, the last behind what the second poll closes: that follows the immediates. */
async function rounds() {
  for (let n = 0; n < 4; n++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

class Session {
  constructor(name) {
    this.name = name;
    this.held = [];
    this.deferred = new Set();
    this.named = new Map();
    this.sockets = new Set();
    this.ended = false;
  }

  line(fields) {
    if (!this.ended) {
      line({ session: this.name, ...fields });
    }
  }

  take(request) {
    this.held.push(request);
    if (!request.more) {
      for (const each of this.held.splice(0)) {
        if (each.when_callback) {
          this.deferred.add(each);
          this.line({ id: each.id, deferred: true });
        } else {
          this.perform(each, { id: each.id });
        }
      }
    }
  }

  /** Performs an operation and reports it; what it returns may be a promise, and the report come late. */
  perform(request, head) {
    const operation = operations[request.op];
    if (!operation || UNOFFERED[request.op]?.some((field) => field in request)) {
      this.line({ ...head, error: { unsupported: true } });
      return;
    }
    const object = this.named.get(request.on);
    const succeed = (result = {}) => {
      this.line({ ...head, ok: result });
      if (request.op === 'end') {
        this.ended = true;
        sessions.delete(this.name);
      }
    };
    try {
      const result = operation(this, request, object);
      if (result instanceof Promise) {
        result.then(succeed, (error) => this.line({ ...head, error: failure(error, object) }));
      } else {
        succeed(result);
      }
    } catch (error) {
      this.line({ ...head, error: refusal(error, object) });
    }
  }

  /** Reports a callback, and performs what waits for it. */
  call(callback, whose, fields) {
    this.line({ event: callback, ...fields });
    for (const request of [...this.deferred]) {
      if (request.when_callback === callback && request.when_on === whose) {
        if (!request.when_every) {
          this.deferred.delete(request);
        }
        this.perform(request, { event: 'ran', id: request.id });
      }
    }
  }
}

const operations = {
  connect(session, request) {
    const socket = net.connect({ host: request.host, port: request.port });
    const object = new Named(session, request.as, socket, request);
    if (request.read_timeout_ms) {
      socket.setTimeout(request.read_timeout_ms);
    }
    if (request.data) {
      object.write(content(request));
    }
  },

  wrap(session, request, original) {
    const { certificate, key, password, method, authority, server_name: name } = request;
    const socket = tls.connect({
      socket: original.socket,
      ...name && (net.isIP(name) ? { host: name } : { servername: name }),
      ca: authority && fs.readFileSync(authority),
      rejectUnauthorized: Boolean(authority),
      cert: certificate && fs.readFileSync(certificate),
      key: key && fs.readFileSync(key),
      passphrase: password,
      ...method && { minVersion: METHODS[method], maxVersion: METHODS[method] },
    });
    original.succeededBy(new Named(session, request.as, socket, original.connect));
    const tag = request.close_callback;
    if (tag) {
      socket.on('close', () => session.call('close', tag, { callbacks: tag, arguments: 0 }));
    }
    return { kind: 'socket' };
  },

  write(session, request, object) {
    const data = request.text ? content(request).toString() : content(request);
    if (object.socket.destroyed) { // Node tells that by the callback
      return new Promise((resolve, reject) => object.socket.write(data, (error) => error ? reject(error) : resolve()));
    }
    object.write(data);
  },

  close(session, request, object) {
    object.socket.destroy();
  },

  closed(session, request, object) {
    return { closed: object.socket.destroyed };
  },

  digest(session, request, object) {
    const { size, sha256 } = object.digest;
    return { size, sha256: sha256.copy().digest('hex') };
  },

  'set-timeouts'(session, request, object) {
    object.socket.setTimeout(request.read_timeout_ms ?? 0);
  },

  enable(session, request, object) {
    if (request.to_read) {
      object.socket.resume();
    }
    if (request.to_write) {
      object.socket.uncork();
    }
  },

  disable(session, request, object) {
    if (request.to_read) {
      object.socket.pause();
    }
    if (request.to_write) {
      object.socket.cork();
    }
  },

  /** Of the names, those with an underscore are Node's own. */
  introspect(session, request, object) {
    const members = new Set();
    for (let of = object.socket; of !== Object.prototype; of = Object.getPrototypeOf(of)) {
      Object.getOwnPropertyNames(of).filter((name) => !name.startsWith('_')).forEach((name) => members.add(name));
    }
    const classes = object.socket instanceof tls.TLSSocket ? ['ssl-socket'] : [];
    if (object.socket instanceof net.Socket) {
      classes.push('socket');
    }
    return { classes, members: [...members] };
  },

  /** What is external is told by Node's objects, and with it what OpenSSL has for each of them. */
  status() {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return {
      descriptors: fs.readdirSync('/proc/self/fd').length - 1, // but for the folder's own
      memory: heapUsed + external,
      cpu_ms: Math.round((user + system) / 1000),
    };
  },

  sync: rounds,

  async end(session) {
    session.sockets.forEach((socket) => socket.destroy());
    await rounds();
    const neverRan = [...session.deferred].filter((request) => !request.when_every).map((request) => request.id);
    return neverRan.length ? { never_ran: neverRan } : {};
  },
};

const sessions = new Map();
let seq = 0;

/** Standard output is a pipe, to which Node writes at once. */
function line(fields) {
  process.stdout.write(`${JSON.stringify({ seq: ++seq, ...fields })}\n`);
}

function hello({ id }) {
  const versions = Object.keys(METHODS);
  line({
    id,
    ok: {
      name: 'node', version: `${process.versions.node}, OpenSSL ${process.versions.openssl}`, language: 'JavaScript',
      capabilities: ['read-timeout', 'pause', 'write-callback', 'connect-callback', 'wrap-before-connect',
        'client-certificate', 'key-password', 'method', 'introspect', 'status', 'alert-name', 'verify', 'sni',
        'tls-in-tls', ...versions],
      by_driver: ['reattach/read', 'reattach/write', 'reattach/event', 'reattach/connect', 'reattach/original-silent',
        'reattach/absent-event', 'close/explicit', 'timeout/closes', 'close/timeout'],
      sessions: true,
    },
  });
}

function take(request) {
  const name = request.session;
  if (request.op === 'hello') {
    hello(request);
  } else if (request.op === 'open') {
    sessions.set(name, new Session(name));
    line({ session: name, id: request.id, ok: {} });
  } else {
    sessions.get(name).take(request);
  }
}

let input = '';
process.stdin.setEncoding('latin1');
process.stdin.on('data', (data) => {
  const lines = (input + data).split('\n');
  input = lines.pop();
  lines.map((text) => JSON.parse(text)).forEach(take);
});
process.stdin.on('end', () => process.exit());
