"""Streams: what a socket brings, to be read like any other stream of Python."""

import io


class Stream(io.RawIOBase):
    """Wraps a socket that keeps what it reads. As with all raw streams that do not block, `read` returns None where
    nothing is there yet."""

    def __init__(self, socket):
        socket._check("make a stream")
        if not socket._keep:
            raise ValueError("the socket hands over what it reads: a stream needs dont_drain_read_buffer")
        self._socket = socket
        socket._stream = self

    @property
    def socket(self):
        """What the stream wraps."""
        return self._socket

    @property
    def closed(self):
        return self._socket.closed

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, buffer):
        if self._socket._over:
            self._socket._check("read")
        kept = self._socket._buffer
        if not kept:
            return 0 if self._socket.closed else None
        size = min(len(buffer), len(kept))
        buffer[:size] = kept[:size]
        del kept[:size]
        return size

    def write(self, data):
        """Takes all of the data, and never blocks."""
        self._socket.write(data)
        return len(data)

    def close(self):
        """Closes the socket."""
        self._socket.close()

    def __del__(self):
        """Closes nothing, unlike that of other streams: the socket has a life of its own."""
