"""A thin driver that puts asyncio's loop.start_tls under sslconform.

It translates between the lines of sslconform's protocol and asyncio's transports and protocols, and adds nothing that
asyncio lacks, save for two things that it declares in `by_driver`:

reattach  asyncio's callbacks do not carry the transport, and start_tls does not find the callbacks by itself: this
          driver hands it the protocol of the original, and names the transport that a callback belongs to.
close     asyncio has no close-cb: connection_lost, which ends every connection, stands for it, without the
          exception that it gets.
"""

import asyncio
import base64
import collections
import contextlib
import gc
import hashlib
import json
import os
import platform
import resource
import socket
import ssl
import sys

TCP_ERROR = ["tcp-error", "event-error", "tcp-info", "event-info"]
TYPES = [  # the first that fits: the others are OSErrors themselves
    (ssl.SSLError, ["tcp-ssl-error", *TCP_ERROR]),
    (socket.gaierror, ["dns-error", "event-error", "event-info"]),
    (ConnectionRefusedError, ["tcp-refused", *TCP_ERROR]),
    (TimeoutError, ["tcp-timeout", *TCP_ERROR]),
    (OSError, TCP_ERROR),
]
UNOFFERED = {  # fields of what asyncio has no equivalent for
    "connect": {"stream", "keep", "read_timeout_ms", "write_timeout_ms"},
    "write": {"callbacks", "has"},
}
METHODS = {"tls1.2": ssl.TLSVersion.TLSv1_2, "tls1.3": ssl.TLSVersion.TLSv1_3}
ERRORS = (Exception, asyncio.CancelledError)  # what an operation can end with; CancelledError is no Exception


def condition(exc, **fields):
    """The condition that an exception of asyncio amounts to; one without types if it is of no documented kind."""
    types = next((types for kind, types in TYPES if isinstance(exc, kind)), [])
    reason = getattr(exc, "reason", None) or ""  # such as TLSV1_ALERT_UNKNOWN_CA
    if alert := getattr(ssl.AlertDescription, "ALERT_DESCRIPTION_" + reason.partition("_ALERT_")[2], None):
        fields["alert"] = int(alert)
    code = getattr(exc, "errno", None) or 0
    return {"types": types, "code": code, "message": f"{type(exc).__name__}: {exc}", **fields}


def client_context(request):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = "authority" in request and "server_name" in request
    if "authority" in request:
        context.load_verify_locations(request["authority"])
    else:
        context.verify_mode = ssl.CERT_NONE
    if "certificate" in request:  # without a password, OpenSSL would ask the terminal for one
        context.load_cert_chain(request["certificate"], request.get("key"), request.get("password", ""))
    if "method" in request:
        context.minimum_version = context.maximum_version = METHODS[request["method"]]
    return context


def has_protocol(transport, protocol):
    """Whether it is the transport's. One over TLS that was closed twice cannot tell: it has let go of its own insides."""
    try:
        return transport.get_protocol() is protocol
    except AttributeError:
        return False


def payload(size, seed):
    """The bytes of a write that has a size. The numbers stand side by side in one large number, since one after the
    other they would hold the loop up for seconds; what counts of each is in its lowest 24 bits."""
    multiplier, increment, count = 1103515245, 12345, 1

    def later(numbers):
        """Each number's successor, as many steps on as there are numbers."""
        ones = int.from_bytes((b"\1" + bytes(7)) * count, "little")
        return numbers * (multiplier & 0xFFFFFF) + ones * (increment & 0xFFFFFF) & ones * 0xFFFFFF

    numbers = later(seed & 0xFFFFFF)
    while count < 1 << 14:
        numbers |= later(numbers) << 64 * count
        multiplier, increment, count = multiplier**2 & 0xFFFFFF, (multiplier + 1) * increment & 0xFFFFFF, 2 * count
    data = bytearray()
    while len(data) < size:
        data += numbers.to_bytes(8 * count, "little")[2::8]
        numbers = later(numbers)
    return data[:size]


def content(request):
    """The bytes that a request is about. asyncio writes nothing but bytes, text neither."""
    if "size" in request:
        return payload(request["size"], request.get("seed", 0))
    return base64.b64decode(request.get("data", ""))


class Digest:
    """Of what data_received got, by the name of what it was called for."""

    def __init__(self):
        self.size, self.sha256 = 0, hashlib.sha256()

    def add(self, data):
        self.size += len(data)
        self.sha256.update(data)


class Callbacks(asyncio.Protocol):
    """The callbacks that one connect attached; start_tls is given the same ones."""

    def __init__(self, driver, request):
        self.driver, self.name, self.close_tag = driver, request["as"], None
        self.tag, self.has, self.first = request["callbacks"], request.get("has", []), content(request)
        self.digests = collections.defaultdict(Digest) if "digest" in request else None

    def call(self, callback, arguments, **fields):
        if callback in self.has:
            self.driver.call(callback, self.name, callbacks=self.tag, arguments=arguments, **fields)

    def connection_made(self, transport):
        self.driver.sockets[self.name].made(transport)
        if self.first:
            transport.write(self.first)
        self.call("connect", 1, on=self.name)

    def data_received(self, data):
        if self.digests is None:
            self.call("read", 1, on=self.name, data=base64.b64encode(data).decode())
        else:
            self.digests[self.name].add(data)
            self.call("read", 1, on=self.name, size=len(data))

    def eof_received(self):
        types = ["tcp-eof", "tcp-info", "event-info"]
        self.call("event", 0, condition={"types": types, "message": "eof_received", "socket": self.name})

    def connection_lost(self, exc):
        if exc is not None:
            self.call("event", 1, condition=condition(exc, socket=self.name))
        if self.close_tag is not None:
            self.driver.call("close", self.close_tag, callbacks=self.close_tag, arguments=0)


class Socket:
    """What the suite has a name for: a transport, or the task that is to make one."""

    def __init__(self, callbacks, making):
        self.callbacks, self.making = callbacks, making
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

    def close(self):
        if self.transport.done():
            self.transport.result().close()
        else:
            self.making.cancel()  # asyncio's way to give up what is still being made


class Driver:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.finished = self.loop.create_future()
        self.seq, self.session, self.ended, self.muted = 0, None, False, False
        self.input, self.held, self.deferred = b"", [], []
        self.sockets, self.tasks = {}, set()

    def readable(self):
        data = os.read(sys.stdin.fileno(), 1 << 16)
        if not data:
            self.muted = True
            self.loop.remove_reader(sys.stdin)
            self.finished.set_result(None)
        *lines, self.input = (self.input + data).split(b"\n")
        for request in map(json.loads, lines):
            self.held.append(request)
            if not request.get("more"):
                for each in self.held:  # tasks take their first steps in this order, next to each other, in one turn
                    self.spawn(self.perform(each))
                self.held = []

    def line(self, **fields):
        if not self.muted:
            self.seq += 1
            print(json.dumps({"seq": self.seq} | fields), flush=True)
            self.muted = self.ended

    def spawn(self, coroutine):
        task = self.loop.create_task(coroutine)
        self.tasks.add(task)  # the loop itself keeps no strong reference
        task.add_done_callback(self.tasks.discard)
        return task

    async def perform(self, request):
        head = {key: request[key] for key in ["id", "session"] if key in request}
        if "when_callback" in request:
            self.deferred.append(request)
            return self.line(**head, deferred=True)
        if request["op"] in ("write", "closed") and request["on"] in self.sockets:
            await self.sockets[request["on"]].settled()
        if late := self.attempt(request, head):
            await late

    def attempt(self, request, head):
        """Performs and reports an operation; gives back a coroutine if that ends only later."""
        operation = getattr(self, "op_" + request["op"].replace("-", "_"), None)
        unoffered = UNOFFERED.get(request["op"], set()) & request.keys() or "write" in request.get("has", [])
        if operation is None or unoffered:
            return self.line(**head, error={"unsupported": True})
        try:
            result = operation(request)
        except ERRORS as exc:
            return self.line(**head, error=condition(exc))
        if asyncio.iscoroutine(result):
            return self.late(result, head)
        self.line(**head, ok=result or {})

    async def late(self, coroutine, head):
        try:
            result = await coroutine
        except ERRORS as exc:
            return self.line(**head, error=condition(exc))
        self.line(**head, ok=result or {})

    def call(self, callback, whose, **fields):
        """Reports a callback, and performs what waits for it. asyncio cannot await inside of a callback: of an
        operation that is a coroutine only the task is made there, and `ran` follows late."""
        self.line(event=callback, session=self.session, **fields)
        for request in self.deferred[:]:
            if (request["when_callback"], request["when_on"]) != (callback, whose):
                continue
            if not request.get("when_every"):
                self.deferred.remove(request)
            if late := self.attempt(request, {"event": "ran", "session": self.session, "id": request["id"]}):
                self.spawn(late)

    def op_hello(self, request):
        versions = [name for name, has in [("tls1.2", ssl.HAS_TLSv1_2), ("tls1.3", ssl.HAS_TLSv1_3)] if has]
        return {"name": "asyncio", "version": platform.python_version(), "language": "Python",
                "capabilities": ["connect-callback", "client-certificate", "key-password", "method", "status", "verify",
                                 "sni", "tls-in-tls", *versions],
                "by_driver": ["reattach", "close"]}

    def op_open(self, request):
        self.session = request["session"]

    def op_connect(self, request):
        callbacks = Callbacks(self, request)
        making = self.loop.create_connection(lambda: callbacks, request["host"], request["port"])
        self.sockets[request["as"]] = Socket(callbacks, self.spawn(self.connecting(callbacks, making)))

    async def connecting(self, callbacks, making):
        try:
            await making
        except ERRORS as exc:
            self.sockets[callbacks.name].failed(exc)
            if isinstance(exc, Exception):  # connect has been answered: the event callback is what is left
                callbacks.call("event", 1, condition=condition(exc, socket=callbacks.name))

    async def op_wrap(self, request):
        original = self.sockets[request["on"]]
        callbacks, before = original.callbacks, None
        wrapped = self.sockets[request["as"]] = Socket(callbacks, asyncio.current_task())
        try:
            await original.settled()
            transport, context = original.transport.result(), client_context(request)
            # From here on all calls come from the new transport, some of them before start_tls has returned it.
            before = callbacks.name, callbacks.close_tag
            callbacks.name, callbacks.close_tag = request["as"], request.get("close_callback")
            new = await self.loop.start_tls(transport, callbacks, context, server_hostname=request.get("server_name"))
        except ERRORS as exc:
            if before and has_protocol(transport, callbacks):  # refused: the original is as it was
                callbacks.name, callbacks.close_tag = before
            wrapped.failed(exc)
            raise
        wrapped.made(new)
        return new and {"kind": "socket"}  # start_tls gives back None if the connection was closed meanwhile

    def op_write(self, request):
        self.sockets[request["on"]].transport.result().write(content(request))

    def op_close(self, request):
        self.sockets[request["on"]].close()

    def op_closed(self, request):
        return {"closed": self.sockets[request["on"]].transport.result().is_closing()}

    def op_digest(self, request):
        digest = self.sockets[request["on"]].callbacks.digests[request["on"]]
        return {"size": digest.size, "sha256": digest.sha256.hexdigest()}

    def op_status(self, request):
        gc.collect()
        with open("/proc/self/statm") as statm:
            resident = int(statm.read().split()[1])
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {"descriptors": len(os.listdir("/proc/self/fd")) - 1, "memory": resident * resource.getpagesize(),
                "cpu_ms": int((usage.ru_utime + usage.ru_stime) * 1000)}

    async def op_sync(self, request):
        for _ in range(3):  # the third is for what the second poll made ready: it runs behind this task
            await asyncio.sleep(0)

    async def op_end(self, request):
        for named in self.sockets.values():
            with contextlib.suppress(*ERRORS):  # those that could not be made
                named.close()
            named.transport.cancel()  # what waits for one is answered before this
        await asyncio.gather(*self.tasks - {asyncio.current_task()}, return_exceptions=True)
        await self.op_sync(request)  # connection_lost comes in a later turn than close
        self.ended = True
        never_ran = [each["id"] for each in self.deferred if not each.get("when_every")]
        return never_ran and {"never_ran": never_ran}


async def main():
    driver = Driver()
    driver.loop.add_reader(sys.stdin, driver.readable)
    await driver.finished


if __name__ == "__main__":
    asyncio.run(main())
