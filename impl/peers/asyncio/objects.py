"""What the suite has names for, the callbacks that they have, and what asyncio's exceptions amount to."""

import asyncio
import base64
import collections
import functools
import hashlib
import socket
import ssl

TCP_ERROR = ["tcp-error", "event-error", "tcp-info", "event-info"]
TCP_EOF = ["tcp-eof", "tcp-info", "event-info"]
TYPES = [  # the first that fits: the others are OSErrors themselves
    (ssl.SSLError, ["tcp-ssl-error", *TCP_ERROR]),
    (socket.gaierror, ["dns-error", "event-error", "event-info"]),
    (ConnectionRefusedError, ["tcp-refused", *TCP_ERROR]),
    (TimeoutError, ["tcp-timeout", *TCP_ERROR]),
    (OSError, TCP_ERROR),
]


def condition(exc, **fields):
    """The condition that an exception of asyncio amounts to; one without types if it is of no documented kind."""
    types = next((types for kind, types in TYPES if isinstance(exc, kind)), [])
    reason = getattr(exc, "reason", None) or ""  # such as TLSV1_ALERT_UNKNOWN_CA
    if alert := getattr(ssl.AlertDescription, "ALERT_DESCRIPTION_" + reason.partition("_ALERT_")[2], None):
        fields["alert"] = int(alert)
    code = getattr(exc, "errno", None) or 0
    return {"types": types, "code": code, "message": f"{type(exc).__name__}: {exc}", **fields}


class Digest:
    """Of what data_received got, by the name of what it was called for."""

    def __init__(self):
        self.size, self.sha256 = 0, hashlib.sha256()

    def add(self, data):
        self.size += len(data)
        self.sha256.update(data)


class Callbacks(asyncio.Protocol):
    """The callbacks that one connect attached; start_tls is given the same ones."""

    def __init__(self, driver, request, first):
        self.driver, self.tag, self.has, self.first = driver, request["callbacks"], request.get("has", []), first
        self.socket = None  # whose they are
        self.original = self.wrapped = None  # what is being wrapped, and what becomes of it
        self.digests = collections.defaultdict(Digest) if "digest" in request else None

    def follow(self, original, wrapped):
        """Lets them be the wrapped socket's as soon as start_tls has put TLS in between."""
        self.whose()
        self.original, self.wrapped = original, wrapped

    def whose(self):
        """The socket that they are called for. Of an original whose transport has another protocol they hear no more."""
        if self.wrapped and not has_protocol(self.original.transport.result(), self):
            self.socket, self.original, self.wrapped = self.wrapped, None, None
        return self.socket

    def call(self, callback, arguments, **fields):
        if callback in self.has:
            self.driver.call(callback, self.whose().name, callbacks=self.tag, arguments=arguments, **fields)

    def connection_made(self, transport):
        super().connection_made(transport)
        self.socket.made(transport)
        if self.first:
            transport.write(self.first)
        self.call("connect", 1, on=self.socket.name)

    def data_received(self, data):
        super().data_received(data)
        socket = self.whose()
        self.call("read", 1, on=socket.name, **self.brought(socket, data))

    def brought(self, socket, data):
        """What a read event tells of data."""
        if self.digests is None:
            return {"data": base64.b64encode(data).decode()}
        self.digests[socket.name].add(data)
        return {"size": len(data)}

    def eof_received(self):
        self.call("event", 0, condition={"types": TCP_EOF, "message": "eof_received", "socket": self.whose().name})
        return super().eof_received()

    def connection_lost(self, exc):
        super().connection_lost(exc)
        if exc is not None:
            self.call("event", 1, condition=condition(exc, socket=self.whose().name))
        if (tag := self.whose().close_tag) is not None:
            self.driver.call("close", tag, callbacks=tag, arguments=0)


class KeepingCallbacks(Callbacks, asyncio.StreamReaderProtocol):
    """Those of a socket that keeps what it reads: the protocol that asyncio's streams have. It feeds a StreamReader, and
    then the callbacks are called."""

    def __init__(self, driver, request, first):
        super().__init__(driver, request, first)
        self.reader = asyncio.StreamReader()
        asyncio.StreamReaderProtocol.__init__(self, self.reader)

    def brought(self, socket, data):
        return {"stream": socket.stream} if socket.stream else {}


def has_protocol(transport, protocol):
    """Whether it is the transport's. One over TLS that was closed twice cannot tell: it has let go of its own insides."""
    try:
        return transport.get_protocol() is protocol
    except AttributeError:
        return False


class Socket:
    """A transport, or the task that is to make one."""

    def __init__(self, name, callbacks, stream=None, close_tag=None):
        self.name, self.callbacks, self.stream, self.close_tag = name, callbacks, stream, close_tag
        self.socket = self  # as a stream has one
        self.making = None
        self.transport = asyncio.get_running_loop().create_future()

    def made(self, transport):
        if not self.transport.done():
            self.transport.set_result(transport)

    def failed(self, exc):
        if not self.transport.done():
            self.transport.set_exception(exc)
            self.transport.exception()  # else asyncio complains that nobody asked

    async def settled(self):
        """Before, asyncio has handed out nothing to operate on. Takes no turn if it has."""
        if not self.transport.done():
            await asyncio.wait([self.transport])

    def write(self, data):
        self.transport.result().write(data)

    def close(self):
        if self.transport.done():
            self.transport.result().close()
        else:
            self.making.cancel()  # asyncio's way to give up what is still being made

    async def start_tls(self, wrapped, context, server_hostname):
        loop = asyncio.get_running_loop()
        return await loop.start_tls(self.transport.result(), self.callbacks, context, server_hostname=server_hostname)


class Stream:
    """A StreamReader and a StreamWriter over a socket."""

    def __init__(self, socket):
        self.socket = socket

    @functools.cached_property
    def writer(self):
        """Made when there is a transport for it, as open_connection does it."""
        callbacks = self.socket.callbacks
        return asyncio.StreamWriter(self.socket.transport.result(), callbacks, callbacks.reader, asyncio.get_running_loop())

    def read(self):
        """All that is there. A StreamReader gives that at once, and waits for what is not: then its wait is given up."""
        reading = self.socket.callbacks.reader.read(1 << 30)
        try:
            reading.send(None)
        except StopIteration as done:
            return done.value
        reading.close()
        return b""

    def write(self, data):
        self.writer.write(data)

    def close(self):
        if self.socket.transport.done():
            self.writer.close()
        else:
            self.socket.close()

    async def start_tls(self, wrapped, context, server_hostname):
        """Takes the writer itself to TLS: the wrapped stream has the very same one."""
        wrapped.writer = self.writer
        await self.writer.start_tls(context, server_hostname=server_hostname)
        return self.writer.transport
