"""Ticks, positions and short figures for small charts, in both languages."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, date, datetime, timedelta

from datalect.answer.formats import count, percent
from datalect.answer.ground import Words

_SHORT = {
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")),
    "zh": ((1e12, "万亿"), (1e8, "亿"), (1e4, "万")),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LETTER = 6.1  # average width in pixels of a Latin letter at the size charts are labelled in
WIDE_LETTER = 11.2  # the same for a Chinese character


def share_text(value: float) -> str:
    """A share as percent; never 0 % or 100 % unless it is."""
    if 0 < value < 0.0001:
        return "<0.01%"
    if 0.999 < value < 1:
        return f"{min(value * 100, 99.999):.3f}%".replace("0%", "%") if value < 0.99999 else ">99.999%"
    return percent(value * 100).text


def figure(value: float, *, as_percent: bool = False) -> Words:
    """A figure beside a mark, with all digits a reader takes in."""
    if as_percent:
        return Words(en=share_text(value), zh=share_text(value))
    whole = int(value) if float(value).is_integer() and abs(value) < 1e15 else value
    return Words(en=count(whole, "en").text, zh=count(whole, "zh").text)


def tick(value: float, step: float, *, as_percent: bool = False) -> Words:
    """A figure on an axis: as few digits as its step allows, thousands as k, 万."""
    if not value:
        return Words(en="0%" if as_percent else "0", zh="0%" if as_percent else "0")
    if as_percent:
        text = _minus(f"{value * 100:.{min(_decimals(step * 100), 6)}f}") + "%"
        return Words(en=text, zh=text)
    return Words(en=_short(value, step, "en"), zh=_short(value, step, "zh"))


def _short(value: float, step: float, language: str) -> str:
    size = max(abs(value), step)
    for limit, word in _SHORT[language]:
        if size >= limit and (limit > 1e4 or size >= 1e4) and step >= limit * 1e-4:
            return _minus(_digits(value / limit, step / limit)) + (word if value else "")
    return _minus(_digits(value, step))


def _digits(value: float, step: float) -> str:
    if step and (step < 1e-6 or abs(value) >= 1e15):
        return f"{value:.3g}"
    return f"{value:,.{_decimals(step)}f}"


def _decimals(step: float) -> int:
    """Digits after the point that tell one step from the next: none for 1, 2 and 5, one for 2.5."""
    if not step > 0:
        return 2
    least = max(0, -math.floor(math.log10(step) + 1e-9))
    return least if math.isclose(round(step, least), step, rel_tol=1e-6) else least + 1


def _minus(text: str) -> str:
    if text.startswith("-"):
        return "−" + text[1:] if any(c in "123456789" for c in text) else text[1:]
    return text


def nice_step(span: float, parts: int) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that needs at most ``parts`` steps."""
    if not span > 0 or not math.isfinite(span):
        return 1.0
    raw = span / max(parts, 1)
    power: float = 10.0 ** math.floor(math.log10(raw))
    if not power > 0:
        return span
    return next((power * m for m in (1.0, 2.0, 2.5, 5.0, 10.0) if power * m >= raw * (1 - 1e-9)), power * 10)


def number_ticks(low: float, high: float, parts: int) -> list[float]:
    """Round positions inside ``low`` .. ``high``."""
    step = nice_step(high - low, parts)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    if last - first > 4 * parts + 4:
        return []
    return [round(k * step, 12) if 1e-6 < step < 1e6 else k * step for k in range(first, last + 1)]


def as_days(label: str) -> float | None:
    """An ISO date or time as days since 1970, or None for any other text."""
    if not 7 <= len(label) <= 32 or not label[:4].isdigit() or label[4] != "-":
        return None
    try:
        moment = datetime.fromisoformat(label if len(label) > 7 else f"{label}-01")
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) / timedelta(days=1)


def from_days(days: float) -> datetime | None:
    """The moment a number of days after 1970, or None beyond the calendar."""
    try:
        return _EPOCH + timedelta(days=days)
    except (OverflowError, ValueError):
        return None


def time_ticks(low: float, high: float, parts: int) -> list[tuple[float, Words]]:
    """Starts of years, months, days or hours inside a span of days, as many as fit."""
    start, end = from_days(low), from_days(high)
    if start is None or end is None or high <= low:
        return []
    span = high - low
    if span > 365 * 1.6:
        every = max(1, math.ceil(nice_step(span / 365.25, parts)))
        first = math.ceil(start.year / every) * every
        years = [y for y in range(first, end.year + 1, every) if y >= 1]
        return _inside([(date(y, 1, 1), Words(en=str(y), zh=f"{y}年")) for y in years], low, high)
    if span > 45:
        every = next((m for m in (1, 2, 3, 4, 6) if span / 30.4 / m <= parts), 6)
        first = start.year * 12 + start.month - 1
        months = range(math.ceil(first / every) * every, end.year * 12 + end.month, every)
        dated = [(date(m // 12, m % 12 + 1, 1), _month(m // 12, m % 12)) for m in months]
        return _years_once(_inside(dated, low, high))
    if span > 2.5:
        every = next((d for d in (1, 2, 5, 10, 15) if span / d <= parts), 20)
        days = range(math.ceil(low), math.floor(high) + 1, every)
        return [(float(d), _day(d)) for d in days]
    step = next((h for h in (1, 2, 3, 6, 12) if span * 24 / h <= parts), 24)
    hours = range(math.ceil(low * 24 / step) * step, math.floor(high * 24) + 1, step)
    return [(h / 24, Words(en=f"{h % 24}:00", zh=f"{h % 24}:00")) for h in hours]


def _month(year: int, month: int) -> Words:
    return Words(en=f"{_MONTHS[month]} {year}", zh=f"{year}年{month + 1}月")


def _years_once(ticks: list[tuple[float, Words]]) -> list[tuple[float, Words]]:
    """Months with their year only where the year is new."""
    out: list[tuple[float, Words]] = []
    year = ""
    for at, words in ticks:
        if words.en[-4:] == year:
            out.append((at, Words(en=words.en[:-5], zh=words.zh.partition("年")[2])))
        else:
            out.append((at, words))
        year = words.en[-4:]
    return out


def _day(days: int) -> Words:
    moment = from_days(days)
    if moment is None:
        return Words(en="", zh="")
    return Words(en=f"{moment.day} {_MONTHS[moment.month - 1]}", zh=f"{moment.month}月{moment.day}日")


def span_texts(low: float, high: float) -> tuple[Words, Words]:
    """Both ends of a span of days, as short as they can be told apart."""
    first, last = from_days(low), from_days(high)
    if high - low > 90 or first is None or last is None:
        return day_text(low, coarse=True), day_text(high, coarse=True)
    if first.year == last.year and high - low > 2:
        return _day(math.floor(low)), _day(math.floor(high))
    return day_text(low), day_text(high)


def day_text(days: float, *, coarse: bool = False) -> Words:
    """One date in full, or its month and year."""
    moment = from_days(days)
    if moment is None:
        return Words(en="", zh="")
    if coarse:
        return _month(moment.year, moment.month - 1)
    return Words(
        en=f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}",
        zh=f"{moment.year}年{moment.month}月{moment.day}日",
    )


def _inside(ticks: list[tuple[date, Words]], low: float, high: float) -> list[tuple[float, Words]]:
    origin = date(1970, 1, 1)
    placed = [(float((day - origin).days), words) for day, words in ticks]
    return [(at, words) for at, words in placed if low <= at <= high]


def text_width(text: str) -> float:
    """About how many pixels a label takes."""
    return sum(WIDE_LETTER if unicodedata.east_asian_width(c) in "WF" else LETTER for c in text)


def fitted(text: str, room: float) -> str:
    """A label cut to the room there is."""
    if text_width(text) <= room:
        return text
    used = WIDE_LETTER
    out: list[str] = []
    for char in text:
        used += text_width(char)
        if used > room:
            break
        out.append(char)
    return "".join(out).rstrip() + "…"
