"""Cells as plain JSON data."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

_SAFE_INTEGER = 2**53 - 1  # beyond it, JavaScript and many JSON readers lose digits


def jsonable(value: Any) -> Any:
    """A cell as JSON data that keeps its meaning.

    Dates become ISO 8601 text, durations seconds, NaN and infinities null. Decimals become numbers when a
    float holds them exactly (15 significant digits), else text; so do integers beyond 2**53 - 1.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(v) for v in value]
    return str(value)


def _decimal(value: Decimal) -> Any:
    if not value.is_finite():
        return None
    digits = len(value.normalize().as_tuple().digits)
    if value == value.to_integral_value():
        return jsonable(int(value))
    return float(value) if digits <= 15 else str(value)
