"""Values of a test: typed to the column they are compared with, and linked to what is stored there."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from datalect.data.model import Column, SemanticType
from datalect.data.values import ValueIndex
from datalect.errors import PlanError
from datalect.plan.checked import Notice
from datalect.plan.names import fold, nearest
from datalect.plan.types import Kind

_TRUE = frozenset({"true", "yes", "y", "t", "1", "是", "真", "对"})
_FALSE = frozenset({"false", "no", "n", "f", "0", "否", "假", "不"})
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d+)?")
_SPACES = re.compile(r"[\s_\-]+")


@dataclass(frozen=True, slots=True)
class Linked:
    """Values as they are stored, and whether they stand for more than was written."""

    values: tuple[Any, ...]
    notices: tuple[Notice, ...] = ()


def type_value(value: Any, kind: Kind, name: str, at: str) -> Any:
    """A constant turned into the kind of what it is compared with.

    Dates and times stay ISO text (they are cast where they are bound).

    Raises:
        PlanError: ``bad_value`` or ``type_mismatch``.
    """
    converter = _CONVERTERS.get(kind)
    if converter is None:
        raise PlanError(
            f'"{name}" holds values that cannot be compared with constants.',
            code="type_mismatch",
            at=at,
            received=kind,
        )
    typed = converter(value)
    if typed is None:
        raise PlanError(
            f'"{name}" cannot be compared with {value!r}.',
            code="bad_value" if isinstance(value, str) else "type_mismatch",
            at=at,
            expected=_EXPECTED[kind],
            received=repr(value),
        )
    return typed


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < 2**126 else float(value) if abs(value) < 2**1000 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if not _NUMBER.fullmatch(text) or not any(c.isdigit() for c in text):
        return None
    text = text.replace(",", "")
    if re.fullmatch(r"[+-]?\d{1,30}", text):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = fold(str(value))
    return True if word in _TRUE else False if word in _FALSE else None


def parse_moment(text: str) -> date | datetime | None:
    """An ISO date or date-time as a value.

    None when it is neither. A zone is converted to UTC and dropped.
    """
    cleaned = unicodedata.normalize("NFKC", text).strip()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", cleaned):
            return date.fromisoformat(cleaned)
        moment = datetime.fromisoformat(cleaned)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        from datetime import UTC

        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment


def _date_text(value: Any) -> str | None:
    if isinstance(value, (bool, int, float)):
        return None
    moment = parse_moment(str(value))
    if moment is None:
        return None
    return moment.isoformat(sep=" ") if isinstance(moment, datetime) else moment.isoformat()


def _time_text(value: Any) -> str | None:
    from datetime import time

    if not isinstance(value, str):
        return None
    try:
        return time.fromisoformat(value.strip()).isoformat()
    except ValueError:
        return None


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "date": _date_text,
    "timestamp": _date_text,
    "time": _time_text,
}
_EXPECTED = {
    "number": "a number",
    "text": "a text",
    "boolean": "true or false",
    "date": "an ISO date such as 2024-03-05",
    "timestamp": "an ISO date or date-time such as 2024-03-05 14:30",
    "time": "a time of day such as 14:30",
}


# ---------------------------------------------------------------- stored values


def _loose(text: str) -> str:
    return _SPACES.sub(" ", fold(text))


def link_text(written: str, column: Column, values: ValueIndex | None, at: str) -> Linked:
    """The stored values of a text column that a written one means.

    Exact first, then glossary aliases, then equality after normalisation (which may give several spellings).

    Raises:
        PlanError: ``unknown_value`` with the nearest stored values.
    """
    known = {value: count for value, count in column.profile.values if isinstance(value, str)}
    if written in known:
        others = tuple(value for value in known if value != written and _loose(value) == _loose(written))
        return Linked((written,), (_other_spellings(written, others, column),) if others else ())
    for alias, stored in column.value_aliases.items():
        if _loose(alias) == _loose(written):
            return Linked((stored,), (_read_as(written, (str(stored),), column),))
    marker = next(
        (s for s in column.sentinels if s.treated_as_missing and fold(str(s.value)) == fold(written)), None
    )
    if marker is not None:
        raise PlanError(
            f'"{written}" stands for a missing value in "{column.name}".',
            code="missing_marker",
            at=at,
            received=written,
            next_step='Test for missing values with {"op": "null"}.',
        )
    spellings = tuple(value for value in known if _loose(value) == _loose(written))
    if values is not None:
        hits = [hit for hit in values.find(written, columns=[column.id]) if hit.column == column.id]
        stored_values = [hit.value for hit in hits if isinstance(hit.value, str)]
        if written in stored_values:
            return Linked((written,))
        spellings = tuple(dict.fromkeys((*spellings, *stored_values)))
    if spellings:
        return Linked(spellings, (_read_as(written, spellings, column),))
    complete = column.profile.values_complete
    if not complete and (values is None or column.meaning.type is SemanticType.TEXT):
        return Linked((written,), (_unverified(written, column),))
    raise _unknown(written, column, values, known, at)


def _unknown(
    written: str, column: Column, values: ValueIndex | None, known: Iterable[str], at: str
) -> PlanError:
    candidates: tuple[str, ...] = ()
    if values is not None:
        found = values.nearest(written, columns=[column.id])
        candidates = tuple(str(hit.value) for hit in found if hit.column == column.id)
    candidates = candidates or nearest(written, known)
    listed = ", ".join(candidates) or ", ".join(list(known)[:5])
    return PlanError(
        f'"{column.name}" holds no value "{written}".',
        code="unknown_value",
        at=at,
        candidates=candidates or tuple(list(known)[:5]),
        expected=f"a stored value, such as {listed}" if listed else "a stored value",
        received=written,
        next_step='Use {"op": "contains"} to look for a part of a value.',
    )


def _read_as(written: str, stored: tuple[str, ...], column: Column) -> Notice:
    shown = ", ".join(f'"{value}"' for value in stored)
    shown_zh = "、".join(f"“{value}”" for value in stored)
    return Notice(
        code="value_linked",
        message_en=f'"{written}" was read as {shown} in {column.name}.',
        message_zh=f"“{written}”按{column.name}中的{shown_zh}理解。",
    )


def _other_spellings(written: str, others: tuple[str, ...], column: Column) -> Notice:
    shown = ", ".join(f'"{value}"' for value in others)
    shown_zh = "、".join(f"“{value}”" for value in others)
    return Notice(
        code="other_spellings",
        message_en=f'{column.name} also holds {shown}, which "{written}" does not include.',
        message_zh=f"{column.name}中还有{shown_zh}，不包括在“{written}”之内。",
    )


def _unverified(written: str, column: Column) -> Notice:
    return Notice(
        code="unverified_value",
        message_en=f'Whether "{written}" occurs in {column.name} was not checked beforehand.',
        message_zh=f"未事先核实{column.name}中是否有“{written}”。",
    )
