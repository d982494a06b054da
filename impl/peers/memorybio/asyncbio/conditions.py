"""What an event callback is handed, and what an operation raises that is refused. Each class is the documented condition
that its `name` says, and extends what that extends."""


class EventInfo(Exception):
    """Something happened."""

    name = "event-info"


class EventError(EventInfo):
    """Something went wrong. `code` is the system's, or -1."""

    name = "event-error"

    def __init__(self, message, code=-1, **more):
        super().__init__(message, **more)
        self.code = code


class TCPInfo(EventInfo):
    """It happened to a socket, `socket`."""

    name = "tcp-info"

    def __init__(self, message, socket):
        super().__init__(message)
        self.socket = socket


class TCPError(EventError, TCPInfo):
    """Something went wrong with a socket, which is closed by it."""

    name = "tcp-error"


class TCPEOF(TCPInfo):
    """The peer closed the connection; the socket is closed, too."""

    name = "tcp-eof"


class TCPTimeout(TCPError):
    """Nothing was read, or written, for as long as the socket's timeout."""

    name = "tcp-timeout"


class TCPRefused(TCPError):
    """Nobody listens where the socket was to connect."""

    name = "tcp-refused"


class SocketClosed(TCPError):
    """The operation is not for a closed socket."""

    name = "socket-closed"


class DNSError(EventError):
    """A name cannot be looked up."""

    name = "dns-error"


def names(exception):
    """The documented names of a condition and of what it extends, most specific first; none if it is no condition."""
    return [kind.name for kind in type(exception).__mro__ if issubclass(kind, EventInfo)]


def of_network(cause, on):
    """The condition that an error of the network means for a socket; EOFError is a clean end."""
    if isinstance(cause, EOFError):
        return TCPEOF("the peer closed the connection", on)
    kinds = {ConnectionRefusedError: TCPRefused, TimeoutError: TCPTimeout}
    kind = kinds.get(type(cause), TCPError)
    return kind(str(cause), socket=on, code=cause.errno or -1)

