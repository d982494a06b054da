"""Sockets, and how they come to be."""

import collections
import socket
import sys
import time

from .conditions import DNSError, SocketClosed, TCPEOF, TCPTimeout, of_network
from .streams import Stream
from .wire import Wire

BURST = 1 << 16  # bytes handed to the layer before it is asked whether it still takes more
TURN = 1 << 20  # bytes that a socket may pass on before others get their turn


def tcp_connect(loop, host, port, read_cb=None, event_cb=None, *, data=None, stream=False, connect_cb=None, write_cb=None,
                read_timeout=None, write_timeout=None, dont_drain_read_buffer=False):
    """Opens a TCP connection to an address, and returns its socket at once; with `stream`, a stream that wraps it.

    connect_cb(socket)        the connection stands
    read_cb(socket, bytes)    data came; none is handed over of a socket that does not drain its buffer
    read_cb(socket, stream)   data can be read from the socket's stream
    write_cb(socket)          all that was written has left
    event_cb(condition)       everything that is no data; an error of another callback, too, if the loop hands on errors

    Timeouts are in seconds; None, or less than nothing, is none. `data` is sent as soon as the connection stands.
    """
    if not loop.running:
        raise RuntimeError("the loop does not run: call tcp_connect inside Loop.run")
    try:
        wire = Wire(loop, host, port)
    except socket.gaierror as error:
        raise DNSError(str(error), code=error.errno) from error
    callbacks = {"connect": connect_cb, "read": read_cb, "write": write_cb, "event": event_cb}
    connected = Socket(loop, wire, wire, callbacks, stream or dont_drain_read_buffer)
    wire.read(True)
    if stream:
        Stream(connected)
    connected.set_timeouts(read_timeout, write_timeout)
    if data:
        connected.write(data)
    return connected._stream or connected


class Socket:
    """One end of a TCP connection. Every operation on a closed one raises SocketClosed; `closed` and `data` can be read."""

    def __init__(self, loop, wire, layer, callbacks, keep):
        self._loop, self._wire, self._layer = loop, wire, layer
        self._callbacks, self._keep = callbacks, keep
        self._close_cb = self._stream = self._over = self._data = None
        self._buffer = bytearray()  # what was read and kept
        self._out = collections.deque()  # what the layer does not take yet
        self._owed = False  # a write callback, when everything has left
        self._open = self._failed = self._closed = False
        self._reading, self._writing = Direction(self), Direction(self)
        loop.sockets.add(self)
        wire.owner = self

    def write(self, data, read_cb=None, write_cb=None, event_cb=None):
        """Sends bytes, or text as UTF-8. Callbacks that are given replace the socket's. It enables both directions."""
        self._check("write")
        given = {"read": read_cb, "write": write_cb, "event": event_cb}
        self._callbacks.update((name, callback) for name, callback in given.items() if callback)
        if self._reading.disabled or self._writing.disabled:
            self.enable(read=True, write=True)
        data = data.encode() if isinstance(data, str) else bytes(data)
        if data:
            self._out.append(memoryview(data))
        self._owed = True
        self._pump_out()

    def close(self):
        """Closes the socket and frees its callbacks. Right after a write it makes no promise about the data."""
        self._check("close")
        self._end()

    @property
    def closed(self):
        return self._closed

    def set_timeouts(self, read=None, write=None):
        """Sets how many seconds nothing may be read, or may leave of what was written."""
        self._check("set timeouts")
        self._reading.set(read)
        self._writing.set(write)
        self._reading.start()
        self._await()

    def enable(self, read=False, write=False):
        """Lets the callbacks and the timeout of a direction go on."""
        self._check("enable")
        if read and self._reading.enable():
            self._reading.start()
            self._wire.read(True)
        if write and self._writing.enable():
            self._await()
        self._loop.soon(self._pump)

    def disable(self, read=False, write=False):
        """Stops the callbacks and the timeout of a direction."""
        self._check("disable")
        if read:
            self._reading.disable()
            self._wire.read(False)
        if write:
            self._writing.disable()

    @property
    def data(self):
        """One slot for the application."""
        return self._data

    @data.setter
    def data(self, data):
        self._check("set data")
        self._data = data

    def _check(self, operation):
        if self._closed:
            raise SocketClosed(f"{operation}: the socket is closed", socket=self)
        if self._over:
            raise self._over._refusal(self, f"{operation}: the socket was wrapped: use what the wrap returned")

    def _upgrade(self, kind, layer, close_cb):
        """Puts a layer on top, and returns the new socket, to which callbacks and timeouts move. `layer` makes the new
        layer out of the one below."""
        self._check("wrap")
        if self._failed:  # and is closed when its event callback returns
            raise SocketClosed("wrap: the socket has failed", socket=self)
        if self._buffer:  # which must not be taken for what came through the layer
            raise kind._refusal(self, "wrap: data came before, and was not read")
        over = kind(self._loop, self._wire, layer(self._layer), self._callbacks, self._keep)
        over._close_cb = close_cb
        for data in self._out:
            self._layer.send(data)
        if self._stream:
            Stream(over)
        for below, above in ((self._reading, over._reading), (self._writing, over._writing)):
            above.timeout, above.disabled = below.timeout, below.disabled
            below.stop()
        self._loop.sockets.discard(self)
        self._over, self._callbacks, self._out, self._owed = over, {}, (), False
        over._reading.start()
        self._loop.soon(over._pump)
        return over

    def _call(self, name, *arguments):
        """Calls a callback, if there is one, and does with what it raises as the loop was told."""
        try:
            if callback := self._callbacks.get(name):
                callback(*arguments)
        except Exception as error:
            if not self._loop.hand_on_errors:
                raise
            self._hand_on(error, name)

    def _hand_on(self, error, name):
        """Hands an error of a callback to the event callback, which may have moved by a wrap. One of its own, or one that
        comes when it is gone, goes to sys.excepthook: nobody else would hear of it."""
        if self._over:
            self._over._hand_on(error, name)
        elif name != "event" and self._callbacks.get("event"):
            self._call("event", error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)

    def _pump(self):
        """Goes on with whatever can go on."""
        self._establish()
        while self._open and not (self._closed or self._over or self._reading.disabled):
            data = self._ask(self._layer.recv)
            if not data:
                break
            self._deliver(data)
        self._pump_out()

    def _establish(self):
        if self._open or self._closed or self._over or not self._ask(self._layer.establish):
            return
        self._open = True
        self._reading.touch()
        # It may be the second layer on the wire that stands, which is no second connection.
        announced, self._wire.announced = self._wire.announced, True
        if not announced:
            self._call("connect", self)

    def _ask(self, operation):
        """What an operation of the layer returns; None if it has to wait, or has failed, which ends the socket."""
        try:
            return operation()
        except BlockingIOError:
            return None
        except (EOFError, OSError) as error:
            condition = self._condition(error)
        self._fail(condition)
        return None

    def _condition(self, cause):
        return of_network(cause, self)

    def _deliver(self, data):
        self._reading.touch()
        if self._keep:
            self._buffer += data
            data = b""
        self._call("read", self, self._stream or data)

    def _pump_out(self):
        """Hands on what was written, as far as it leaves at once: what is still here when the socket is closed is not
        sent, and a write callback is to come when all has left."""
        passed = 0
        while self._out and not self._writing.disabled and self._layer.free and passed < TURN:
            burst, rest = self._out[0][:BURST], self._out[0][BURST:]
            if rest:
                self._out[0] = rest
            else:
                self._out.popleft()
            self._layer.send(burst)
            passed += len(burst)
        if self._closed:
            self._see_off()
        elif not self._over:
            self._await()
            if self._owed and self._layer.free and not self._out:
                self._owed = False
                self._loop.soon(self._written)
        if self._out and self._layer.free and not self._writing.disabled:
            self._loop.soon(self._pump_out)

    def _written(self):
        if not self._owed:
            self._call("write", self)

    def _sent(self):
        self._writing.touch()

    def _await(self):
        """Lets the write timeout run while output waits, and only then."""
        if not self._out and not self._wire.backlog:
            self._writing.stop()
        elif not self._writing.runs:
            self._writing.start()

    def _time_out(self):
        self._fail(TCPTimeout("the socket timed out", socket=self))

    def _fail(self, condition):
        """Ends the socket for a reason that its event callback is told."""
        self._failed = True
        self._call("event", condition)
        if not self._closed:
            # A peer that says no more may still listen.
            self._end(lingers=isinstance(condition, TCPEOF))

    def _end(self, lingers=False):
        self._closed = True
        self._callbacks = {"close": self._close_cb}
        self._reading.stop()
        self._writing.stop()
        self._loop.sockets.discard(self)
        if not lingers or self._writing.disabled:
            self._out.clear()
        self._wire.read(False)
        self._see_off()
        if self._close_cb:
            self._loop.soon(lambda: self._call("close"))

    def _see_off(self):
        """Ends the connection, behind what is still to be sent."""
        if self._out and not self._wire.error:
            self._wire.bound()
        elif self._layer:
            self._out.clear()
            self._layer.finish()
            self._layer = None


class Direction:
    """One of the two of a socket. Its timer is not set anew for each byte: it looks at its end how long nothing
    happened."""

    def __init__(self, socket):
        self.timeout = None
        self.disabled = False
        self._socket = socket
        self._timer = None
        self._since = 0

    @property
    def runs(self):
        return self._timer is not None

    def set(self, timeout):
        self.stop()
        self.timeout = timeout if timeout and timeout > 0 else None

    def enable(self):
        """Tells whether it was disabled."""
        disabled, self.disabled = self.disabled, False
        return disabled

    def disable(self):
        self.disabled = True
        self.stop()

    def start(self):
        self.stop()
        if self.timeout and not self.disabled:
            self._since = time.monotonic()
            self._timer = self._socket._loop.after(self.timeout, self._look)

    def stop(self):
        if self._timer:
            self._socket._loop.cancel(self._timer)
            self._timer = None

    def touch(self):
        """Notes that something happened."""
        self._since = time.monotonic()

    def _look(self):
        rest = self._since + self.timeout - time.monotonic()
        if rest > 0:
            self._timer = self._socket._loop.after(rest, self._look)
        else:
            self._timer = None
            self._socket._time_out()
