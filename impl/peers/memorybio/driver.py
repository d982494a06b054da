"""Puts asyncbio, a small library of sockets on ssl.MemoryBIO, under sslconform. It translates between the lines of the
protocol and the calls and callbacks of the library, and adds nothing."""

import json
import os
import subprocess
import sys
import threading

from session import Session

CAPABILITIES = [
    "stream", "read-timeout", "write-timeout", "pause", "write-callback", "connect-callback", "callbacks-on-write",
    "wrap-before-connect", "client-certificate", "key-password", "method", "socket-data", "introspect", "status",
    "loop-end", "alert-name", "app-errors", "separate", "verify", "sni", "tls-in-tls",
]
ABOUT_SSL = "import json, ssl; print(json.dumps([ssl.OPENSSL_VERSION, ssl.HAS_TLSv1_2, ssl.HAS_TLSv1_3]))"


class Lines:
    """Where all sessions write their lines."""

    def __init__(self):
        self._lock = threading.Lock()
        self._seq = 0

    def write(self, **fields):
        with self._lock:
            self._seq += 1
            sys.stdout.write(json.dumps({"seq": self._seq} | fields) + "\n")
            sys.stdout.flush()


def hello():
    # In a process of its own: this one may get a session in which ssl must not be loaded.
    asked = subprocess.run([sys.executable, "-I", "-c", ABOUT_SSL], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           check=True)
    library, *has = json.loads(asked.stdout)
    versions = [name for name, there in zip(["tls1.2", "tls1.3"], has) if there]
    version = ".".join(map(str, sys.version_info[:3]))
    return {"name": "memorybio", "version": f"{version}, {library}", "language": "Python",
            "capabilities": CAPABILITIES + versions, "sessions": True}


def kind(separate):
    """The kind of session to open."""
    if separate:
        return Session
    from secure import SecureSession
    return SecureSession


def crash(failure):
    """Ends the process: a loop that is gone would never answer."""
    sys.excepthook(failure.exc_type, failure.exc_value, failure.exc_traceback)
    os._exit(1)


def main():
    threading.excepthook = crash
    lines, sessions, held = Lines(), {}, []
    for line in sys.stdin:
        request = json.loads(line)
        name = request.get("session")
        match request["op"]:
            case "hello":
                lines.write(id=request["id"], ok=hello())
            case "open":
                sessions[name] = kind("separate" in request)(lines, name)
                lines.write(id=request["id"], session=name, ok={})
            case _:
                held.append(request)
                if "more" not in request:
                    turn, held = held, []
                    session = sessions[name]
                    session.loop.post(lambda session=session, turn=turn: session.turn(turn))
    os._exit(0)  # sessions that have not ended end with the process


if __name__ == "__main__":
    main()
