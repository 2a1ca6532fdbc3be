"""A real HTTP server on loopback that plays a language-model endpoint by a script."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Seen:
    """One request as it came over the wire."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)


@dataclass
class Say:
    """A response. ``drip`` sends the body byte by byte with pauses; ``hang`` waits before answering."""

    content: str | None = None
    finish: str = "stop"
    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0
    drip: float = 0.0
    cut: bool = False

    def payload(self) -> bytes:
        if self.body is not None:
            return self.body
        message = {"role": "assistant", "content": self.content}
        choice = {"index": 0, "message": message, "finish_reason": self.finish}
        return json.dumps({"choices": [choice]}, ensure_ascii=False).encode()


Step = Say | str | Callable[[dict[str, Any]], "Say | str"]


class ModelServer:
    """Answers requests with the steps of a script; the last step repeats."""

    def __init__(self, *script: Step) -> None:
        self.seen: list[Seen] = []
        self._script = list(script)
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                step = outer._next(Seen(self.path, dict(self.headers.items()), raw))
                outer._respond(self, step)

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # a client that gave up is part of the script

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _next(self, seen: Seen) -> Say:
        with self._lock:
            self.seen.append(seen)
            step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if callable(step):
            step = step(seen.body)
        return Say(step) if isinstance(step, str) else step

    def _respond(self, handler: BaseHTTPRequestHandler, step: Say) -> None:
        time.sleep(step.hang)
        payload = step.payload()
        handler.send_response(step.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(payload)), **step.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if step.cut:
            handler.wfile.write(payload[: len(payload) // 2])
            handler.wfile.flush()
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        elif step.drip:
            for byte in payload:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                time.sleep(step.drip)
        else:
            handler.wfile.write(payload)


@contextmanager
def model_server(*script: Step) -> Iterator[ModelServer]:
    server = ModelServer(*script)
    try:
        yield server
    finally:
        server.close()


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
