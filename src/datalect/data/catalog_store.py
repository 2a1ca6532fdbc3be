"""Keeping a catalog beside its database, as JSON that gives back equal values."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from datalect.data import model
from datalect.data.model import Catalog

# A stored "now" must not become the past: catalogs whose reference time was the time of loading get a new
# one.
_NOW_SECONDS = 600

_CLASSES: dict[str, type] = {
    c.__name__: c
    for c in vars(model).values()
    if isinstance(c, type)
    and (dataclasses.is_dataclass(c) or issubclass(c, Enum))
    and c.__module__ == model.__name__
}


def save_catalog(path: Path, catalog: Catalog, granted: tuple[Path, ...]) -> None:
    """Write a catalog and the files its views read."""
    content = {
        "saved": datetime.now().isoformat(),
        "granted": [str(p) for p in granted],
        "catalog": _encode(catalog),
    }
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def load_catalog(path: Path) -> tuple[Catalog, tuple[Path, ...]]:
    """Read a catalog and the files its views read.

    Raises:
        OSError: there is none.
        ValueError: it is damaged or of another version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        catalog = _decode(content["catalog"])
        granted = tuple(Path(p) for p in content["granted"])
        saved = datetime.fromisoformat(content["saved"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no catalog of this version: {error}") from error
    if not isinstance(catalog, Catalog):
        raise ValueError("no catalog")
    if catalog.as_of is not None and abs((saved - catalog.as_of).total_seconds()) < _NOW_SECONDS:
        catalog = dataclasses.replace(catalog, as_of=datetime.now())
    return catalog, granted


def _encode(value: Any) -> Any:
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return {"$": type(value).__name__, "v": value.value}
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$": "float", "v": repr(value)}
    if isinstance(value, datetime | date | time):
        return {"$": type(value).__name__, "v": value.isoformat()}
    if isinstance(value, timedelta):
        return {"$": "timedelta", "v": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, Decimal | UUID):
        return {"$": type(value).__name__, "v": str(value)}
    if isinstance(value, bytes | bytearray | memoryview):
        return {"$": "bytes", "v": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, Mapping):
        return {"$": "map", "v": [[_encode(k), _encode(v)] for k, v in value.items()]}
    if isinstance(value, tuple | list):
        return (
            [_encode(v) for v in value]
            if isinstance(value, tuple)
            else {"$": "list", "v": [*map(_encode, value)]}
        )
    if dataclasses.is_dataclass(value) and type(value).__name__ in _CLASSES:
        fields = {
            f.name: _encode(getattr(value, f.name))
            for f in dataclasses.fields(value)
            if not _is_default(f, getattr(value, f.name))
        }
        return {"$": type(value).__name__, "f": fields}
    raise TypeError(f"a catalog cannot hold {type(value).__name__}")


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    return (
        field.default is not dataclasses.MISSING
        and type(value) is type(field.default)
        and value == field.default
    )


_READERS: dict[str, Any] = {
    "float": float,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "Decimal": Decimal,
    "UUID": UUID,
    "bytes": base64.b64decode,
    "map": lambda pairs: {_decode(k): _decode(v) for k, v in pairs},
    "list": lambda items: [_decode(v) for v in items],
}


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(v) for v in value)
    if not isinstance(value, dict):
        return value
    kind = value["$"]
    if kind in _READERS:
        return _READERS[kind](value["v"])
    made = _CLASSES[kind]
    if issubclass(made, Enum):
        return made(value["v"])
    return made(**{name: _decode(field) for name, field in value["f"].items()})
