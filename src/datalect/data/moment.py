"""The moment relative time counts from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from datalect.data.meaning.names import tokens
from datalect.data.model import SemanticType, Table

ABSURD = timedelta(days=5 * 366)  # later than this from now is no real date
_SIDE_WORDS = frozenset(
    "birth birthday dob birthdate expiry expire expires expiration due deadline valid until".split()
)
_SIDE_PIECES = ("生日", "出生", "到期", "截止", "有效期", "失效")


def latest_moment(tables: Sequence[Table], now: datetime) -> datetime:
    """The latest date in the data's main date columns when it lies in the past, else ``now``.

    Birthdays, due dates and absurd future dates do not count; where there are no dates, years do.
    """
    moments: list[datetime] = []
    years: list[int] = []
    for table in tables:
        for column in table.columns:
            if _is_side(column.name):
                continue
            latest = column.profile.maximum
            if column.meaning.type in (SemanticType.DATE, SemanticType.DATETIME):
                moment = _moment(latest)
                if moment is not None and moment < now + ABSURD:
                    moments.append(moment)
            elif (
                column.meaning.type is SemanticType.YEAR and latest is not None and 1000 <= latest <= now.year
            ):
                years.append(int(latest))
    if moments:
        return min(max(moments), now)
    if years and max(years) < now.year:
        return datetime(max(years), 12, 31)
    return now


def _is_side(name: str) -> bool:
    return bool(_SIDE_WORDS & set(tokens(name))) or any(piece in name for piece in _SIDE_PIECES)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime(value.year, value.month, value.day) if isinstance(value, date) else None
