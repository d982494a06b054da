"""The event loop."""

import collections
import selectors
import socket
import threading
import time


class Loop:
    """Runs callbacks, one at a time, in the thread that calls `run`. What the callback of a socket raises leaves `run` or,
    with `hand_on_errors`, is handed to the socket's event callback, as it is; the socket stays open. What the event
    callback raises itself, or close_cb, goes to sys.excepthook then."""

    def __init__(self, hand_on_errors=False):
        self.hand_on_errors = hand_on_errors
        self.running = False
        self.sockets = set()  # the open ones
        self.wires = set()  # the connections, those included that are seen off when their sockets are closed
        self._holds = 0
        self._soon = collections.deque()
        self._timers = {}  # when each is due, and what it calls
        self._selector = selectors.DefaultSelector()
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._rung = False
        self._ringing = threading.Lock()
        self.watch(self._alarm, selectors.EVENT_READ, self._hear)

    def run(self, start):
        """Runs `start` inside the loop, and then what comes of it, until nothing is left to do or `exit` is called. When
        it returns, all sockets are closed. A loop can run again."""
        self.running = True
        try:
            start()
            while self.running and (self.sockets or self._holds or self._soon):
                self._turn()
        finally:
            self.exit()
            while self._soon:
                self._soon.popleft()()

    def exit(self):
        """Ends the loop: closes everything, and drops what is queued."""
        self.running = False
        for each in list(self.sockets):
            each.close()

    def close(self):
        """Lets go of everything after `run`, connections that are still being seen off included."""
        for wire in list(self.wires):
            wire.reset()
        with self._ringing:  # what was posted last may have been called before its `post` has returned
            self._alarm.close()
            self._bell.close()
        self._selector.close()

    def hold(self):
        """Keeps the loop running, though nothing may be left to do, until `release`."""
        self._holds += 1

    def release(self):
        self._holds -= 1

    def soon(self, call):
        """Has something called in the next turn, after the descriptors were polled."""
        self._soon.append(call)

    def post(self, call):
        """`soon` for other threads."""
        with self._ringing:
            self._soon.append(call)
            if not self._rung:
                self._rung = True
                self._bell.send(b"!")

    def after(self, seconds, call):
        """Has something called later, and returns what `cancel` takes."""
        timer = object()
        self._timers[timer] = time.monotonic() + seconds, call
        return timer

    def cancel(self, timer):
        self._timers.pop(timer, None)

    def watch(self, descriptor, events, call):
        """Has `call` called with what a descriptor is ready for, as often as it is ready for one of `events`."""
        try:
            if events:
                self._selector.modify(descriptor, events, call)
            else:
                self._selector.unregister(descriptor)
        except KeyError:
            if events:
                self._selector.register(descriptor, events, call)

    def _turn(self):
        for key, events in self._selector.select(self._patience()):
            key.data(events)
        now = time.monotonic()
        for timer, (due, call) in list(self._timers.items()):
            if due <= now and self._timers.pop(timer, None):
                call()
        for _ in range(len(self._soon)):
            self._soon.popleft()()

    def _patience(self):
        """How long the loop may sleep."""
        if self._soon:
            return 0
        if self._timers:
            return max(0, min(due for due, _ in self._timers.values()) - time.monotonic())
        return None

    def _hear(self, _):
        self._alarm.recv(16)
        self._rung = False
