'use strict';
/* What the suite has names for, the callbacks that they have, and what Node's errors amount to. */
const crypto = require('crypto');

const TCP_ERROR = ['tcp-error', 'event-error', 'tcp-info', 'event-info'];
const TCP_EOF = ['tcp-eof', 'tcp-info', 'event-info'];
const TYPES = new Map([ // by Node's code; any other is what the caller says
  ['ECONNREFUSED', ['tcp-refused', ...TCP_ERROR]],
  ['EPIPE', TCP_ERROR],
  ['ERR_STREAM_DESTROYED', ['socket-closed', ...TCP_ERROR]],
]);

/** Tells whether an error is one of TLS: by its code, which for a certificate is what TLSSocket has against it, too. */
function ofTLS({ code }, object) {
  return /^(EPROTO$|ERR_(SSL|OSSL|TLS)_)/.test(code) || (code && code === object?.socket.authorizationError);
}

/** The condition that an error of Node amounts to. */
function condition(error, object, otherwise) {
  const alert = /SSL alert number (\d+)/.exec(error.message);
  return {
    types: ofTLS(error, object) ? ['tcp-ssl-error', ...TCP_ERROR] : TYPES.get(error.code) ?? otherwise,
    code: error.errno ?? (error.code ? -1 : 0), // Node's own codes are words
    message: `${error.code}: ${error.message}`,
    socket: object?.name,
    alert: alert ? Number(alert[1]) : undefined,
  };
}

/** The condition of an error that came as an event, which has to do with the socket at least. */
function failure(error, object) {
  return condition(error, object, TCP_ERROR);
}

/** The condition of an error that an operation threw, such as one of its arguments. */
function refusal(error, object) {
  return condition(error, object, []);
}

/** A socket with a name, and the callbacks that the request to connect attached; a wrap moves them to another one. */
class Named {
  constructor(session, name, socket, connect) {
    this.session = session;
    this.given = name;
    this.socket = socket;
    this.connect = connect;
    this.has = new Set(connect.has);
    this.digest = connect.digest && { size: 0, sha256: crypto.createHash('sha256') };
    this.listeners = [];
    this.successor = null;
    session.named.set(name, this);
    session.sockets.add(socket);
    socket.on('close', () => session.sockets.delete(socket));
    this.attach();
  }

  /** A name that is given again is another object's. */
  get name() {
    return this.session.named.get(this.given) === this ? this.given : '?';
  }

  attach() {
    this.listen('error', (error) => this.event(1, failure(error, this)));
    this.listen('end', () => this.event(0, { types: TCP_EOF, message: 'end', socket: this.name }));
    this.listen('timeout', () => {
      this.event(0, { types: ['tcp-timeout', ...TCP_ERROR], message: 'timeout', socket: this.name });
      this.socket.destroy();
    });
    if (this.has.has('connect')) {
      this.listen('connect', () => this.call('connect', 0));
    }
    if (this.has.has('read')) {
      this.listen('data', (data) => this.read(data)); // with this one, Node begins to read
    }
  }

  listen(event, listener) {
    this.socket.on(event, listener);
    this.listeners.push([event, listener]);
  }

  /** Another object has the callbacks from now on. */
  succeededBy(successor) {
    this.successor = successor;
    this.listeners.forEach(([event, listener]) => this.socket.removeListener(event, listener));
  }

  event(count, what) {
    if (this.has.has('event')) {
      this.session.call('event', what.socket, { callbacks: this.connect.callbacks, arguments: count, condition: what });
    }
  }

  call(callback, count, fields) {
    const { name, connect } = this;
    this.session.call(callback, name, { on: name, callbacks: connect.callbacks, arguments: count, ...fields });
  }

  read(data) {
    if (this.digest) {
      this.digest.sha256.update(data);
      this.digest.size += data.length;
      this.call('read', 1, { size: data.length });
    } else {
      this.call('read', 1, { data: data.toString('base64') });
    }
  }

  write(data) {
    this.socket.write(data, this.has.has('write') ? (error) => this.written(error) : undefined);
  }

  /** Node's callback gets no socket, and an error where the data did not leave. */
  written(error) {
    if (this.successor) {
      this.successor.written(error);
    } else if (!error) {
      this.call('write', 0);
    }
  }
}

module.exports = { Named, failure, refusal };
