"""A session of the driver with TLS. It is imported only for one: it loads asyncbio.tls, and Python's ssl with it."""

from asyncbio import tls
from session import Digest, Session


class SecureSession(Session):
    """A session that can wrap."""

    classes = {"ssl-socket": tls.SSLSocket} | Session.classes

    def op_wrap(self, request):
        options = {key: request[key] for key in ("certificate", "key", "password", "method", "authority", "server_name")
                   if key in request}
        if tag := request.get("close_callback"):
            def closed(*arguments):
                self.called("close", tag, callbacks=tag, arguments=len(arguments))
            options["close_cb"] = closed
        digests = self.name_of(self.socket(request)) in self.digests
        result = self.add_either(request["as"], tls.wrap_in_ssl(self.on(request), **options))
        if digests:
            self.digests[self.name_of(self.socket({"on": request["as"]}))] = Digest()
        return result
