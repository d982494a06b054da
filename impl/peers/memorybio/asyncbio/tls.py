"""TLS on a socket that is open already, or still connecting."""

import re
import ssl

from .conditions import TCPError
from .sockets import Socket
from .streams import Stream

RECORD = 1 << 14
METHODS = {"tls1.2": ssl.TLSVersion.TLSv1_2, "tls1.3": ssl.TLSVersion.TLSv1_3}
ALERTS = {each.name.removeprefix("ALERT_DESCRIPTION_"): int(each) for each in ssl.AlertDescription}
ALERTS |= {"INAPPROPRIATE_FALLBACK": 86, "MISSING_EXTENSION": 109, "CERTIFICATE_REQUIRED": 116}  # RFC 7507, RFC 8446
ALERT = re.compile("(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(.*)")  # what OpenSSL calls an error that is a peer's alert


class TCPSSLError(TCPError):
    """An error happened while communicating over an SSL socket, or on the way to one."""

    name = "tcp-ssl-error"

    @property
    def alert(self):
        """The number of the alert that the peer sent; None if it sent none, or one that OpenSSL does not name."""
        named = ALERT.fullmatch(getattr(self.__cause__, "reason", None) or "")
        return named and ALERTS.get(named[1])


class SSLSocket(Socket):
    """A socket whose bytes travel under TLS."""

    def _condition(self, cause):
        if not isinstance(cause, ssl.SSLError):
            return super()._condition(cause)
        condition = TCPSSLError(str(cause), socket=self)
        condition.__cause__ = cause
        return condition

    @staticmethod
    def _refusal(original, message):
        return TCPSSLError(message, socket=original)


def wrap_in_ssl(original, *, certificate=None, key=None, password=None, method=None, close_cb=None, authority=None,
                server_name=None):
    """Returns a new socket, or a new stream for a stream, that does over TLS what the original did: its callbacks and
    timeouts move there. The handshake begins by itself, as soon as the original is connected.

    certificate, key    paths of PEM files, for a peer that asks; the first one may hold a chain
    password            opens an encrypted key
    method              the version to speak, "tls1.2" or "tls1.3"; the best one, if it is left out
    close_cb()          is called once, when the new socket is closed, however it ends
    authority           the path of a PEM file with whom to trust; those that the system trusts, if it is left out
    server_name         whom the peer's certificate must be for; the host that was connected to, if it is left out

    What cannot be used is a TCPSSLError, which leaves the original as it was.
    """
    socket = original.socket if isinstance(original, Stream) else original
    socket._check("wrap")
    try:
        context = client_context(certificate, key, password, method, authority)
        name = server_name or socket._wire.host
        wrapped = socket._upgrade(SSLSocket, lambda below: Layer(below, context, name), close_cb)
    except (OSError, ValueError) as error:
        raise TCPSSLError(f"wrap: {error}", socket=socket) from error
    return wrapped._stream if isinstance(original, Stream) else wrapped


def client_context(certificate, key, password, method, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # which would make a clean end of every end
    context.hostname_checks_common_name = False
    if authority:
        context.load_verify_locations(authority)
    else:
        context.load_default_certs()
    if method:
        if method not in METHODS:
            raise ValueError(f"{method!r} is no method: use one of {', '.join(METHODS)}")
        context.minimum_version = context.maximum_version = METHODS[method]
    if certificate and key:
        load_identity(context, certificate, key, password)
    elif certificate or key:
        raise ValueError("certificate and key need each other: give both, the same file twice if it holds both")
    return context


def load_identity(context, certificate, key, password):
    def missing():  # without it, OpenSSL would ask the terminal
        raise ValueError("the key is encrypted: give its password")

    try:
        context.load_cert_chain(certificate, key, missing if password is None else password)
    except (OSError, ValueError) as error:
        raise ValueError(f"certificate {certificate} and key {key} cannot be used: {error}") from error


class Layer:
    """TLS, by OpenSSL, between two buffers in memory. See Wire for what a layer has."""

    def __init__(self, below, context, server_name):
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._open = False
        self._early = []  # what was written to it before it was open
        self._end = None  # what it ended with

    def establish(self):
        if not self._open:
            self._below.establish()
            self._perform(self._tls.do_handshake)
            self._open = True
            for data in self._early:
                self.send(data)
            self._early.clear()
        return True

    def recv(self):
        self.establish()
        records = []
        try:
            while record := self._perform(self._tls.read, RECORD):
                records.append(record)
            self._end = EOFError()  # close_notify
            raise self._end
        except (EOFError, OSError):
            if not records:
                raise
        return b"".join(records)

    def send(self, data):
        if not self._open:
            self._early.append(data)
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.write(rest):]
        except ssl.SSLError as error:
            self._end = self._end or error
        self._flush()

    @property
    def free(self):
        return self._writable and self._below.free

    @property
    def _writable(self):
        """The peer's close_notify ends only what comes."""
        return self._open and not isinstance(self._end, OSError)

    def finish(self):
        if self._writable:
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                pass  # the peer has not answered yet
            self._flush()
        self._below.finish()

    def _perform(self, operation, *arguments):
        """Performs an operation of OpenSSL, which may take and give bytes on the way."""
        if self._end:
            raise self._end
        while True:
            try:
                return operation(*arguments)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError as error:
                self._end = error
                raise
            finally:
                self._flush()  # an alert, too
            self._feed()

    def _feed(self):
        try:
            self._incoming.write(self._below.recv())
        except EOFError:
            self._incoming.write_eof()  # which is an error, unlike close_notify

    def _flush(self):
        if self._outgoing.pending:
            self._below.send(self._outgoing.read())
