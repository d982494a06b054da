"""A session of the driver, with all operations but wrap: see secure.py."""

import base64
import gc
import hashlib
import os
import resource
import threading

import asyncbio
from payload import payload

LATER = object()  # what an operation returns that is answered later


class Digest:
    """Of what read callbacks were handed that were called with one object."""

    def __init__(self):
        self.size, self.sha256 = 0, hashlib.sha256()

    def add(self, data):
        self.size += len(data)
        self.sha256.update(data)


def seconds(request, field):
    return request[field] / 1000 if field in request else None


def content(request):
    """What is to be written."""
    if "size" in request:
        return payload(request["size"], request.get("seed", 0))
    data = base64.b64decode(request.get("data", ""))
    return data.decode() if "text" in request else data


def status():
    gc.collect()
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1])
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"descriptors": len(os.listdir("/proc/self/fd")) - 1, "memory": resident * resource.getpagesize(),
            "cpu_ms": int((usage.ru_utime + usage.ru_stime) * 1000)}


class Session:
    """A loop in a thread of its own, which hands an application's errors on."""

    classes = {"socket": asyncbio.Socket, "stream": asyncbio.Stream}

    def __init__(self, lines, name):
        self.lines, self.name = lines, name
        self.loop = asyncbio.Loop(hand_on_errors=True)
        self.objects, self.names = {}, {}  # what has a name, and the name that each has first
        self.digests = {}  # by the name of what they are of
        self.deferred = []
        self.syncing, self.finishing, self.ending = [], [], None  # what is to be answered
        threading.Thread(target=self.run).start()

    def run(self):
        self.loop.run(self.loop.hold)
        for head in self.finishing:
            self.line(head, ok={})
        if not self.ending:  # the loop has ended by itself
            self.loop.run(self.loop.hold)
        self.loop.close()
        for head in self.syncing:
            self.line(head, ok={})
        never_ran = [each["id"] for each in self.deferred if "when_every" not in each]
        self.line(self.ending, ok={"never_ran": never_ran} if never_ran else {})

    def line(self, head, **fields):
        self.lines.write(session=self.name, **head, **fields)

    def turn(self, requests):
        """Performs requests one after the other, inside the loop."""
        for request in requests:
            head = {"id": request["id"]}
            if "when_callback" in request:
                self.deferred.append(request)
                self.line(head, deferred=True)
            else:
                self.attempt(request, head)

    def attempt(self, request, head):
        """Performs an operation, and reports how it went."""
        operation = getattr(self, "op_" + request["op"].replace("-", "_"), None)
        if operation is None:
            return self.line(head, error={"unsupported": True})
        try:
            result = operation(request)
        except Exception as error:
            return self.line(head, error=self.condition(error))
        if result is not LATER:
            self.line(head, ok=result or {})

    def called(self, callback, whose, **fields):
        """Reports the call of a callback, and performs what was deferred to it."""
        self.line({"event": callback}, **fields)
        thrown = False
        for request in self.deferred[:]:
            if (request["when_callback"], request["when_on"]) == (callback, whose):
                if "when_every" not in request:
                    self.deferred.remove(request)
                self.attempt(request, {"event": "ran", "id": request["id"]})
                thrown = thrown or request["op"] == "throw"
        if thrown:
            raise RuntimeError("the application throws an error in a callback")

    def condition(self, error):
        fields = {"types": asyncbio.names(error), "code": getattr(error, "code", 0), "message": str(error)}
        if on := getattr(error, "socket", None):
            fields["socket"] = self.name_of(on)
        if alert := getattr(error, "alert", None):
            fields["alert"] = alert
        return fields

    def name_of(self, thing):
        return self.names.get(thing, "?")

    def add(self, name, thing):
        """Gives a name to a socket or stream. One that has a name keeps it; it is returned."""
        before = self.objects.get(name)
        if self.names.get(before) == name:
            del self.names[before]
        self.objects[name] = thing
        known = self.names.setdefault(thing, name)
        return {} if known == name else {"same_as": known}

    def add_either(self, name, thing):
        """Gives a name to a socket, or to a stream and its socket."""
        if isinstance(thing, asyncbio.Stream):
            self.add(name + ".socket", thing.socket)
            return {"kind": "stream"} | self.add(name, thing)
        return {"kind": "socket"} | self.add(name, thing)

    def on(self, request):
        return self.objects[request["on"]]

    def socket(self, request):
        """The socket that a request is about, be it by its stream."""
        thing = self.on(request)
        return thing.socket if isinstance(thing, asyncbio.Stream) else thing

    def callbacks(self, request):
        """The set of callbacks that a request attaches."""
        tag = request.get("callbacks")

        def told(callback):
            def call(socket, *more):
                name = self.name_of(socket)
                self.called(callback, name, on=name, callbacks=tag, arguments=1 + len(more), **self.read(name, *more))
            return call

        def event(condition):
            fields = self.condition(condition)
            self.called("event", fields.get("socket"), callbacks=tag, arguments=1, condition=fields)

        every = {"connect": told("connect"), "read": told("read"), "write": told("write"), "event": event}
        return {name + "_cb": every[name] for name in request.get("has", [])}

    def read(self, name, brought=None):
        """What a read event tells of what a read callback was handed."""
        if isinstance(brought, asyncbio.Stream):
            return {"stream": self.name_of(brought)}
        if not brought:
            return {}
        if name in self.digests:
            self.digests[name].add(brought)
            return {"size": len(brought)}
        return {"data": base64.b64encode(brought).decode()}

    def op_connect(self, request):
        thing = asyncbio.tcp_connect(
            self.loop, request["host"], request["port"], **self.callbacks(request), data=content(request),
            stream="stream" in request, dont_drain_read_buffer="keep" in request,
            read_timeout=seconds(request, "read_timeout_ms"), write_timeout=seconds(request, "write_timeout_ms"))
        self.add_either(request["as"], thing)
        if "digest" in request:
            self.digests[self.name_of(self.socket({"on": request["as"]}))] = Digest()

    def op_write(self, request):
        if "has" in request:
            self.socket(request).write(content(request), **self.callbacks(request))
        else:
            self.on(request).write(content(request))

    def op_read(self, request):
        data = self.on(request).read()
        return {"data": base64.b64encode(data).decode()} if data else {}

    def op_stream(self, request):
        return self.add_either(request["as"], asyncbio.Stream(self.socket(request)))

    def op_close(self, request):
        self.on(request).close()

    def op_closed(self, request):
        return {"closed": self.socket(request).closed}

    def op_set_timeouts(self, request):
        self.socket(request).set_timeouts(seconds(request, "read_timeout_ms"), seconds(request, "write_timeout_ms"))

    def op_enable(self, request):
        self.socket(request).enable(read="to_read" in request, write="to_write" in request)

    def op_disable(self, request):
        self.socket(request).disable(read="to_read" in request, write="to_write" in request)

    def op_data_set(self, request):
        self.socket(request).data = request.get("data")

    def op_data_get(self, request):
        data = self.socket(request).data
        return {"data": data} if data else {}

    def op_digest(self, request):
        digest = self.digests[self.name_of(self.socket(request))]
        return {"size": digest.size, "sha256": digest.sha256.hexdigest()}

    def op_throw(self, request):
        """`called` raises the error, behind all else."""

    def op_introspect(self, request):
        thing = self.on(request)
        return {"classes": [name for name, kind in self.classes.items() if isinstance(thing, kind)],
                "members": [name for name in dir(thing) if not name.startswith("_")]}

    def op_status(self, request):
        return status()

    def op_sync(self, request):
        head = {"id": request["id"]}
        self.syncing.append(head)
        self.sync(head, 3)  # the third is for what the second poll made ready
        return LATER

    def sync(self, head, turns):
        if turns:
            self.loop.soon(lambda: self.sync(head, turns - 1))
        elif head in self.syncing:
            self.syncing.remove(head)
            self.line(head, ok={})

    def op_finish(self, request):
        if not self.finishing:
            self.loop.release()
        self.finishing.append({"id": request["id"]})
        return LATER

    def op_end(self, request):
        self.ending = {"id": request["id"]}
        self.loop.exit()
        return LATER
