"""Asynchronous sockets in callback style, on a loop of their own. `asyncbio.tls` wraps them in TLS, in place; it is
imported only by who wants it. What begins with an underscore is the package's own."""

from .conditions import (DNSError, EventError, EventInfo, SocketClosed, TCPEOF, TCPError, TCPInfo, TCPRefused, TCPTimeout,
                         names)
from .loop import Loop
from .sockets import Socket, tcp_connect
from .streams import Stream

__all__ = ["DNSError", "EventError", "EventInfo", "Loop", "Socket", "SocketClosed", "Stream", "TCPEOF", "TCPError",
           "TCPInfo", "TCPRefused", "TCPTimeout", "names", "tcp_connect"]
