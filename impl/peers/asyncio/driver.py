"""A thin driver that puts asyncio's loop.start_tls and StreamWriter.start_tls under sslconform. It takes Python 3.11.

It translates between the lines of sslconform's protocol and asyncio's transports, protocols and streams, and adds nothing
that asyncio lacks, save for what it declares in `by_driver`:

reattach  asyncio's callbacks do not carry the transport, and start_tls does not find the callbacks by itself: this
          driver hands it the protocol of the original, and names the transport that a callback belongs to.
close     asyncio has no close-cb: connection_lost, which ends every connection, stands for it, without the
          exception that it gets.
identity/stream-to-read-cb
          asyncio's streams have no callbacks: they are those of the protocol that feeds them.
data/stream
          A StreamReader gives what is there at once, and waits for what is not: then this driver does not.
"""

import asyncio
import base64
import contextlib
import gc
import json
import os
import platform
import resource
import ssl
import sys

from objects import Callbacks, KeepingCallbacks, Socket, Stream, condition

UNOFFERED = {  # fields of what asyncio has no equivalent for
    "connect": {"read_timeout_ms", "write_timeout_ms"},
    "write": {"callbacks", "has"},
}
AWAITING = {"write", "read", "closed"}  # wait until what they are about is there
METHODS = {"tls1.2": ssl.TLSVersion.TLSv1_2, "tls1.3": ssl.TLSVersion.TLSv1_3}
ERRORS = (Exception, asyncio.CancelledError)  # what an operation can end with; CancelledError is no Exception


def client_context(request):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = "authority" in request and "server_name" in request
    if "authority" in request:
        context.load_verify_locations(request["authority"])
    else:
        context.verify_mode = ssl.CERT_NONE
    if "certificate" in request or "key" in request:  # without a password, OpenSSL would ask the terminal for one
        context.load_cert_chain(request.get("certificate"), request.get("key"), request.get("password", ""))
    if "method" in request:
        context.minimum_version = context.maximum_version = METHODS[request["method"]]
    return context


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


class Driver:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.finished = self.loop.create_future()
        self.seq, self.session, self.ended, self.muted = 0, None, False, False
        self.input, self.held, self.deferred = b"", [], []
        self.objects, self.tasks = {}, set()  # the objects by their names

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
        if late := self.attempt(request, head):
            await late

    def attempt(self, request, head):
        """Performs and reports an operation; gives back a coroutine if that ends only later."""
        operation = getattr(self, "op_" + request["op"].replace("-", "_"), None)
        unoffered = UNOFFERED.get(request["op"], set()) & request.keys() or "write" in request.get("has", [])
        if operation is None or unoffered:
            return self.line(**head, error={"unsupported": True})
        thing = self.objects.get(request.get("on"))
        try:
            if thing and request["op"] in AWAITING and not thing.socket.transport.done():
                result = self.afterwards(thing.socket, operation, request)
            else:
                result = operation(request)
        except ERRORS as exc:
            return self.line(**head, error=condition(exc))
        if asyncio.iscoroutine(result):
            return self.late(result, head)
        self.line(**head, ok=result or {})

    async def afterwards(self, socket, operation, request):
        await socket.settled()
        return operation(request)

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
                "capabilities": ["stream", "connect-callback", "client-certificate", "key-password", "method", "status",
                                 "verify", "sni", "tls-in-tls", *versions],
                "by_driver": ["reattach", "close", "identity/stream-to-read-cb", "data/stream"]}

    def op_open(self, request):
        self.session = request["session"]

    def op_connect(self, request):
        keeps = "stream" in request or "keep" in request
        callbacks = (KeepingCallbacks if keeps else Callbacks)(self, request, content(request))
        callbacks.socket = self.add(request["as"], callbacks, "stream" in request).socket
        making = self.loop.create_connection(lambda: callbacks, request["host"], request["port"])
        callbacks.socket.making = self.spawn(self.connecting(callbacks, making))

    def add(self, name, callbacks, streams, close_tag=None):
        """Makes, under a name, what is to be a socket or a stream."""
        if streams:
            socket = self.objects[name + ".socket"] = Socket(name + ".socket", callbacks, name, close_tag)
            thing = Stream(socket)
        else:
            thing = Socket(name, callbacks, None, close_tag)
        self.objects[name] = thing
        return thing

    async def connecting(self, callbacks, making):
        try:
            await making
        except ERRORS as exc:
            callbacks.socket.failed(exc)
            if isinstance(exc, Exception):  # connect has been answered: the event callback is what is left
                callbacks.call("event", 1, condition=condition(exc, socket=callbacks.socket.name))

    def op_wrap(self, request):
        original = self.objects[request["on"]]
        streams = isinstance(original, Stream)
        wrapped = self.add(request["as"], original.socket.callbacks, streams, request.get("close_callback"))
        return self.wrapping(original, wrapped, request)

    async def wrapping(self, original, wrapped, request):
        callbacks = original.socket.callbacks
        wrapped.socket.making = asyncio.current_task()
        try:
            await original.socket.settled()
            original.socket.transport.result()  # or why there is none
            context = client_context(request)
            callbacks.follow(original.socket, wrapped.socket)
            transport = await original.start_tls(wrapped, context, request.get("server_name"))
        except ERRORS as exc:
            callbacks.follow(None, None)  # if it was refused, the original is as it was
            wrapped.socket.failed(exc)
            raise
        wrapped.socket.made(transport)
        if isinstance(wrapped, Stream):
            return {"kind": "stream", "same_as": request["on"]}
        return transport and {"kind": "socket"}  # start_tls gives back None if the connection was closed meanwhile

    def op_write(self, request):
        self.objects[request["on"]].write(content(request))

    def op_read(self, request):
        data = self.objects[request["on"]].read()
        return data and {"data": base64.b64encode(data).decode()}

    def op_stream(self, request):
        socket = self.objects[request["on"]].socket
        socket.stream = request["as"]
        self.objects[request["as"]] = Stream(socket)
        return {}

    def op_close(self, request):
        self.objects[request["on"]].close()

    def op_closed(self, request):
        return {"closed": self.objects[request["on"]].socket.transport.result().is_closing()}

    def op_digest(self, request):
        digest = self.objects[request["on"]].callbacks.digests[request["on"]]
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
        for named in self.objects.values():
            with contextlib.suppress(*ERRORS):  # those that could not be made
                named.socket.close()
            named.socket.transport.cancel()  # what waits for one is answered before this
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
