"""How the parent and a worker process talk: length-prefixed frames over one socket.

A frame is one kind byte, an 8-byte little-endian length and the payload. Requests and reports are JSON,
rows are Arrow IPC bytes. Nothing here unpickles: bound parameters travel as JSON with a type tag.

Request   ``Q`` {"sql", "params", "rows", "bytes", "seconds"}
Replies   ``T`` at once, which says that the query is taken; then ``D``, a complete Arrow IPC stream with some
          batches (at least one ``D``, which may hold no rows), then ``E`` {"truncated"}; or ``X``
          {"kind", "message"} at any point
Start-up  ``C`` {configuration} to the worker, ``R`` {"sandbox": [...]} back when it is ready, or ``X``
"""

from __future__ import annotations

import json
import socket
import struct
import time
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any
from uuid import UUID

HEADER = struct.Struct("<cQ")
_SMALL = 64 * 1024 * 1024

CONFIG, READY, QUERY, TAKEN, DATA, END, ERROR = b"C", b"R", b"Q", b"T", b"D", b"E", b"X"


def send(sock: socket.socket, kind: bytes, payload: bytes | memoryview) -> None:
    """Send one frame."""
    sock.sendall(HEADER.pack(kind, len(payload)))
    if len(payload):
        sock.sendall(payload)


def send_json(sock: socket.socket, kind: bytes, value: Any) -> None:
    """Send one frame with a JSON payload."""
    send(sock, kind, json.dumps(value).encode("ascii"))


def receive(
    sock: socket.socket, largest: int = _SMALL, deadline: float | None = None
) -> tuple[bytes, bytearray]:
    """Receive one frame of at most ``largest`` bytes, before a moment of the monotonic clock.

    Raises:
        EOFError: the other side is gone.
        ValueError: the frame is larger than any honest one.
        TimeoutError: the moment passed.
    """
    kind, length = HEADER.unpack(_exactly(sock, HEADER.size, deadline))
    if length > largest:
        raise ValueError(f"a frame of {length} bytes")
    return kind, _exactly(sock, length, deadline)


def read_json(sock: socket.socket, expected: bytes) -> Any:
    """Receive one frame of the expected kind and read its JSON.

    Raises:
        EOFError: the other side is gone.
        ValueError: another kind came.
    """
    kind, payload = receive(sock)
    if kind != expected:
        raise ValueError(f"frame {kind!r} where {expected!r} was expected")
    return json.loads(payload)


def _exactly(sock: socket.socket, count: int, deadline: float | None) -> bytearray:
    buffer = bytearray(count)
    view = memoryview(buffer)
    got = 0
    while got < count:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            sock.settimeout(left)
        n = sock.recv_into(view[got:])
        if n == 0:
            raise EOFError
        got += n
    return buffer


# ---------------------------------------------------------------- bound parameters

_ISO: dict[str, Any] = {"datetime": datetime, "date": date, "time": time_of_day}


def encode_value(value: Any) -> Any:
    """A parameter as JSON data: plain where JSON has the type, else ``[tag, text]``.

    Raises:
        TypeError: no SQL type corresponds to the value.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return ["float", value.hex()]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    for tag, kind in _ISO.items():
        if isinstance(value, kind):
            return [tag, value.isoformat()]
    if isinstance(value, timedelta):
        return ["timedelta", [value.days, value.seconds, value.microseconds]]
    if isinstance(value, UUID):
        return ["uuid", str(value)]
    if isinstance(value, bytes | bytearray | memoryview):
        return ["bytes", bytes(value).hex()]
    if isinstance(value, list | tuple):
        return ["list", [encode_value(v) for v in value]]
    if hasattr(value, "item") and callable(value.item):  # numpy scalars
        return encode_value(value.item())
    raise TypeError(f"a parameter of type {type(value).__name__} cannot be bound")


def decode_value(data: Any) -> Any:
    """The inverse of `encode_value`."""
    if not isinstance(data, list):
        return data
    tag, body = data
    if tag in _ISO:
        return _ISO[tag].fromisoformat(body)
    if tag == "timedelta":
        return timedelta(*body)
    if tag == "list":
        return [decode_value(v) for v in body]
    simple: dict[str, Any] = {
        "float": float.fromhex,
        "decimal": Decimal,
        "uuid": UUID,
        "bytes": bytes.fromhex,
    }
    return simple[tag](body)
