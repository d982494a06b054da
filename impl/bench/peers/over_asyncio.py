"""The client of `make bench` that is asyncio's: create_connection, then loop.start_tls. What it is told, and answers, is
described in impl/bench/doc.go."""

import asyncio
import gc
import os
import resource
import ssl
import sys
import time

PIECE, MESSAGE, MANY = 64 << 10, 100, 16


def used():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return int((u.ru_utime + u.ru_stime) * 1e9)


def resident():
    gc.collect()
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Protocol(asyncio.Protocol):
    """Hands on what it is called with."""

    def __init__(self):
        self.received = self.lost = self.resumed = lambda *_: None
        self.paused = False

    def data_received(self, data):
        self.received(data)

    def connection_lost(self, exc):
        self.lost(exc)

    def pause_writing(self):
        self.paused = True

    def resume_writing(self):
        self.paused = False
        self.resumed()


class Client:
    def __init__(self, port, authority, name):
        self.loop = asyncio.get_running_loop()
        self.port, self.name = port, name
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(authority)

    async def connect(self, protocol):
        plain, _ = await self.loop.create_connection(lambda: protocol, "127.0.0.1", self.port)
        return await self.loop.start_tls(plain, protocol, self.context, server_hostname=self.name)

    def start(self):
        self.wall, self.cpu = time.monotonic_ns(), used()

    def stop(self):
        return f"wall={time.monotonic_ns() - self.wall} cpu={used() - self.cpu}"

    async def handshakes(self, count, at_once):
        left = iter(range(count))

        async def worker():
            for _ in left:
                (await self.connect(Protocol())).close()

        self.start()
        await asyncio.gather(*(worker() for _ in range(at_once)))
        return self.stop()

    async def ended(self, command, size, begin):
        """Runs what begin starts on a connection, which gets a future to be resolved at the end."""
        protocol, end = Protocol(), self.loop.create_future()
        transport = await self.connect(protocol)
        protocol.lost = lambda exc: end.done() or end.set_exception(exc or EOFError("the connection ended"))
        self.start()
        transport.write(command + size.to_bytes(8, "big"))
        begin(transport, protocol, end)
        await end
        answer = self.stop()
        transport.close()
        return answer

    async def down(self, size):
        def begin(transport, protocol, end):
            got = 0

            def received(data):
                nonlocal got
                got += len(data)
                if got == size:
                    end.set_result(None)

            protocol.received = received

        return await self.ended(b"D", size, begin)

    async def up(self, size):
        def begin(transport, protocol, end):
            left, piece = size, bytes(PIECE)

            def go_on():
                nonlocal left
                while left > 0 and not protocol.paused:
                    transport.write(piece[: min(left, PIECE)])
                    left -= min(left, PIECE)

            protocol.resumed, protocol.received = go_on, lambda _: end.set_result(None)
            go_on()

        return await self.ended(b"U", size, begin)

    async def echo(self, size, times):
        each = []

        def begin(transport, protocol, end):
            message, got, trip = bytes(size), 0, time.monotonic_ns()

            def received(data):
                nonlocal got, trip
                got += len(data)
                if got < size:
                    return
                now = time.monotonic_ns()
                each.append(now - trip)
                got, trip = 0, now
                if len(each) == times:
                    end.set_result(None)
                else:
                    transport.write(message)

            protocol.received = received
            transport.write(message)

        answer = await self.ended(b"E", size, begin)
        each.sort()
        return f"{answer} median={each[len(each) // 2]} p99={each[len(each) * 99 // 100]}"

    async def sockets(self, count):
        transports, end, left, got = [], self.loop.create_future(), iter(range(count)), 0

        def received(data):
            nonlocal got
            got += len(data)
            if got == count * MESSAGE:
                end.set_result(None)

        def lost(exc):
            if not end.done():
                end.set_exception(exc or EOFError("a connection ended"))

        async def worker():
            for _ in left:
                protocol = Protocol()
                transports.append(await self.connect(protocol))
                protocol.received, protocol.lost = received, lost

        before, began = resident(), time.monotonic_ns()
        await asyncio.gather(*(worker() for _ in range(MANY)))
        wrap = time.monotonic_ns() - began
        memory, began = (resident() - before) // count, time.monotonic_ns()
        for transport in transports:
            transport.write(b"E" + MESSAGE.to_bytes(8, "big") + bytes(MESSAGE))
        await end
        answer = f"wrap={wrap} exchange={time.monotonic_ns() - began} resident={memory}"
        for transport in transports:
            transport.abort()
        return answer


async def main(port, authority, name):
    client = Client(int(port), authority, name)
    lines = asyncio.StreamReader()
    await client.loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := (await lines.readline()).decode():
        what, *numbers = line.split()
        try:
            answer = await getattr(client, what)(*map(int, numbers))
        except Exception as exc:  # whatever it was, it is told
            answer = f'error "{exc!r}"'
        print(answer, flush=True)


_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
asyncio.run(main(*sys.argv[1:]))
