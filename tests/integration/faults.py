"""A proxy in front of the emulated AWS that fails as networks and services do, at chosen calls."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

Fault = Literal["unavailable", "throttled", "reset", "silent", "cut", "stalled"]

SILENCE = 1.5  # seconds, longer than the client waits


class Faults:
    """Which call fails, how, and how many times more; and how often it was made."""

    def __init__(self) -> None:
        self.operation = ""
        self.fault: Fault = "unavailable"
        self.times = 0
        self.calls = 0

    def fail(self, operation: str, fault: Fault, times: int) -> None:
        self.operation, self.fault, self.times, self.calls = operation, fault, times, 0

    def next(self, operation: str) -> Fault | None:
        if operation != self.operation:
            return None
        self.calls += 1
        if not self.times:
            return None
        self.times -= 1
        return self.fault


def _operation(method: str, path: str, target: str | None) -> str:
    if target:
        return target.split(".")[1]
    if path.endswith("/invocations"):
        return "Invoke"
    if method == "POST" and "delete" in urlsplit(path).query:
        return "DeleteObjects"
    if method == "GET" and "list-type" in urlsplit(path).query:
        return "ListObjectsV2"
    return {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject"}[method]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # which makes a body wait 40 ms until its headers are acknowledged
    faults: ClassVar[Faults]
    upstream: ClassVar[str]

    def log_message(self, *_: Any) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target")
        fault = self.faults.next(_operation(self.command, self.path, target))
        if fault in {"unavailable", "throttled"}:
            self._refuse(fault, json=target is not None)
        elif fault == "reset":
            self._reset()
        else:
            if fault == "silent":
                threading.Event().wait(SILENCE)
            self._forward(body, fault)

    do_GET = do_HEAD = do_PUT = do_POST = _answer  # noqa: N815

    def _refuse(self, fault: Fault, *, json: bool) -> None:
        if json:
            name = "ThrottlingException" if fault == "throttled" else "InternalServerError"
            status, body = (400 if fault == "throttled" else 500), f'{{"__type":"{name}"}}'
        else:
            name = "SlowDown" if fault == "throttled" else "InternalError"
            status, body = (503 if fault == "throttled" else 500), f"<Error><Code>{name}</Code></Error>"
        data = b"" if self.command == "HEAD" else body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _reset(self) -> None:
        linger_none = struct.pack("ii", 1, 0)  # close with RST
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)
        self.close_connection = True

    def _forward(self, body: bytes, fault: Fault | None) -> None:
        connection = HTTPConnection(self.upstream)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        broken = fault in {"cut", "stalled"}
        self.wfile.write(data[: len(data) // 2] if broken else data)
        if fault == "stalled":
            threading.Event().wait(SILENCE)
        self.close_connection = broken
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients hang up on what is silent."""


@contextmanager
def proxy(endpoint: str) -> Iterator[tuple[str, Faults]]:
    """Serve the emulator at another URL, with faults to choose."""
    faults = Faults()
    handler = type("Handler", (_Handler,), {"faults": faults, "upstream": urlsplit(endpoint).netloc})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", faults
    finally:
        server.shutdown()
        server.server_close()
