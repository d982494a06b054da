"""A TCP connection, below all else."""

import collections
import errno
import os
import selectors
import socket
import struct
import time

SEEING_OFF = 5  # seconds that a closed connection waits for its peer: to take some of its last bytes, and then to end
CHUNK = 1 << 16

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Wire:
    """The lowest layer of a socket. A layer has

    establish   makes it ready for bytes to pass through, and returns True when it is
    recv        returns what has come, which is never empty
    send        takes bytes, and keeps them as long as it cannot pass them on
    free        tells whether it would pass them on at once
    finish      ends it in good order, behind what was sent

    What it has to wait for is a BlockingIOError, a clean end an EOFError, and all other failures are OSErrors. `send`
    tells of none: `recv` meets it, and whatever the peer had to say of it.
    """

    def __init__(self, loop, host, port):
        """Begins to connect. `host` is an address; the look-up of a name could not be waited for."""
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0]
        self.host = host
        self.owner = None  # the socket that is told what happens
        self.announced = False  # the connect callback had its occasion
        self.error = None  # what broke the connection
        self.backlog = collections.deque()  # what the kernel has not taken yet
        self._loop = loop
        self._connected = self._reading = self._fresh = self._ended = self._finishing = False
        self._timer = None
        self._socket = socket.socket(family, kind)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop.wires.add(self)
        code = self._socket.connect_ex(address)
        if code in (0, errno.EINPROGRESS):
            self._watch()
        else:
            self.error = OSError(code, os.strerror(code))
            loop.soon(self._tell)

    def establish(self):
        if not self._connected:
            raise self.error or BlockingIOError()
        return True

    def recv(self):
        """Takes from the kernel once each time that there is something: others want their turn, too."""
        self.establish()
        if not self._fresh:
            raise BlockingIOError()
        try:
            data = self._socket.recv(CHUNK)
            self._fresh = not data
        except BlockingIOError:
            self._fresh = False
            raise
        except OSError as error:  # which the system tells once, and may have told to a send
            self.error, data = error, b""
        if data:
            return data
        self._ended = True
        self._watch()
        raise self.error or EOFError()

    def send(self, data):
        if data and not self.error:
            self.backlog.append(memoryview(data))
            if self._connected and len(self.backlog) == 1:
                self._flush()

    @property
    def free(self):
        return self._connected and not self.backlog and not self.error

    def finish(self):
        """What still comes is read until the peer's end, since a descriptor that is closed with bytes unread sends RST,
        which may cost the peer what it was sent last."""
        self._finishing = True
        self.owner = None
        if not self._connected or self.error:
            self._close()
        else:
            self.bound()
            self._shut()

    def bound(self):
        """Lets the connection live no longer than seeing it off may take."""
        if not self._timer:
            self._extend()

    def _extend(self):
        self._loop.cancel(self._timer)
        self._timer = self._loop.after(SEEING_OFF, self._give_up)

    def _give_up(self):
        if self.backlog:
            self.reset()
        else:
            self._close()  # what the kernel has taken, it goes on to send

    def reset(self):
        """Closes the connection at once; the peer sees RST."""
        if self._connected:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._close()

    def read(self, wanted):
        """Has `recv` find something, or nothing."""
        self._reading = wanted
        self._watch()

    def _ready(self, events):
        if self._socket.fileno() < 0:
            return  # closed by what came before it in this turn
        if not self._connected:
            self._conclude()
        else:
            if events & READ:
                self._fresh = True
            if events & WRITE:
                self._flush()
        if self._finishing:
            self._drain()
        else:
            self._tell()

    def _tell(self):
        if self.owner:
            self.owner._pump()

    def _conclude(self):
        code = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.error = OSError(code, os.strerror(code))
        else:
            self._connected = True
            self._flush()
        self._watch()

    def _flush(self):
        try:
            while self.backlog:
                sent = self._socket.send(self.backlog[0])
                if self.owner:
                    self.owner._sent()
                if self._timer:
                    self._extend()
                if sent < len(self.backlog[0]):
                    self.backlog[0] = self.backlog[0][sent:]
                else:
                    self.backlog.popleft()
        except BlockingIOError:
            pass
        except OSError as error:
            self.error = error
            self.backlog.clear()
        self._watch()

    def _drain(self):
        try:
            self.recv()
        except (EOFError, OSError):
            pass
        self._shut()

    def _shut(self):
        """Sends the end behind all else, and closes the connection if the peer's has come."""
        over = self.error or self._ended and not self.backlog
        if not self.backlog and not over:
            try:
                self._socket.shutdown(socket.SHUT_WR)
            except OSError:
                over = True
        if over:
            self._close()
        else:
            self._watch()

    def _watch(self):
        """Tells the loop what there is to wait for."""
        if not self._connected:
            events = 0 if self.error else WRITE
        else:
            reads = (self._reading or self._finishing) and not self._ended
            events = (READ if reads else 0) | (WRITE if self.backlog else 0)
        self._loop.watch(self._socket, events, self._ready)

    def _close(self):
        self._loop.cancel(self._timer)
        self._loop.watch(self._socket, 0, None)
        self._loop.wires.discard(self)
        self.backlog.clear()
        self._socket.close()
