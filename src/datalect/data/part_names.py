"""What the names of several tables share, and what tells them apart: sales_2023, sales_2024."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PIECES = re.compile(r"[A-Za-z]+|[0-9]+|[^\W\d_a-zA-Z]|.", re.DOTALL)
_SEPARATORS = " _-.,()（）[]【】"
# Units that belong to what stands before them: 2023 + 年, 海淀 + 区
_UNITS = frozenset("年月日号季度期届省市区县州旗")
PLACES = frozenset("省市区县州旗国")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = r"(?:19|20)[0-9]{2}"
_GAP = r"[ _.-]?"
_YEAR_ONLY = re.compile(rf"({_YEAR})(?:年度?)?")
_YEAR_MONTH = re.compile(rf"({_YEAR})(?:年|{_GAP})(0?[1-9]|1[0-2])(?:月份?)?")
_YEAR_BEFORE = re.compile(rf"(?<![0-9]){_YEAR}(?:年|{_GAP})$")
_TIME = re.compile(
    rf"(?<![0-9])(?:{_YEAR}(?:(?:年|{_GAP})(?:1[0-2]|0?[1-9])(?![0-9])(?:月份?)?)?(?:年度?)?(?:{_GAP}q[1-4]|第?[一二三四1-4]季度)?"
    rf"|(?:1[0-2]|0?[1-9])月份?|q[1-4]|第?[一二三四1-4]季度|(?<![a-z]){_MONTH}(?![a-z]))(?![0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Names that differ in one place only.

    Attributes:
        names: the names, in their order.
        stem: what they share; never empty.
        labels: for each name what sets it apart.
    """

    names: tuple[str, ...]
    stem: str
    labels: tuple[str, ...]

    def column(self, dated: bool) -> tuple[str, tuple[object, ...], str]:
        """The column that tells the tables apart: its name, the value for each table, its DuckDB type.

        Args:
            dated: whether the tables have a column for times of their own, which then says when.
        """
        chinese = any(c > "\u3000" for c in self.stem)
        if not dated:
            years = [_YEAR_ONLY.fullmatch(label) for label in self.labels]
            if all(years):
                return "年份" if chinese else "year", tuple(int(y[1]) for y in years if y), "BIGINT"
            months = [_YEAR_MONTH.fullmatch(label) for label in self.labels]
            if all(months):
                days = tuple(f"{m[1]}-{int(m[2]):02}-01" for m in months if m)
                return "月份" if chinese else "month", days, "DATE"
        elif all(_is_time(label) for label in self.labels):
            return "来源表" if chinese else "source_table", self.names, "VARCHAR"
        return "来源表" if chinese else "source_table", self.labels, "VARCHAR"


def families(names: Sequence[str]) -> list[Parts]:
    """Names of tables of one shape, put into groups that are parts of one table; others are left out.

    All of them are one group when what they share is a good part of each; else those that differ in a time.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_without_times(name).casefold(), []).append(name)
    whole = _parts(names)
    if whole is not None and len(groups) > 1:
        typical = sum(len(stem) for stem in groups) / len(groups)
        least = 0.5 if all(len(g) > 1 for g in groups.values()) else 0.35
        if len(whole.stem) < least * typical:
            whole = None
    if whole is not None:
        return [whole]
    return [p for g in groups.values() if len(g) > 1 and (p := _parts(g)) is not None]


def _without_times(name: str) -> str:
    return re.sub(r"[ _.-]+", " ", _TIME.sub(" ", name)).strip(_SEPARATORS)


def _is_time(label: str) -> bool:
    return not _without_times(label)


def _parts(names: Sequence[str]) -> Parts | None:
    """What the names share before and after the place where they differ; None when that is too little."""
    pieces = [_PIECES.findall(name) for name in names]
    shortest = min(len(p) for p in pieces)
    before = 0
    while before < shortest and len({p[before].casefold() for p in pieces}) == 1:
        before += 1
    after = 0
    while after < shortest - before and len({p[-1 - after].casefold() for p in pieces}) == 1:
        after += 1
    first = pieces[0]
    while after and first[len(first) - after] in _UNITS:
        after -= 1  # the unit belongs to what differs
    if before and first[before - 1] > "\u3000" and first[before - 1] not in PLACES:
        # 上海市浦 is no common beginning of 上海市浦东 and 上海市浦口
        back = next((i for i in range(before - 1, -1, -1) if first[i] in PLACES), None)
        if back is not None and all(p[before] > "\u3000" for p in pieces if len(p) > before):
            before = back + 1
    began = _YEAR_BEFORE.search("".join(first[:before]))
    if began and all(p[before : before + 1] and p[before].isdigit() for p in pieces):
        before -= len(_PIECES.findall(began[0]))  # 2024-01 and 2024-02 differ in more than 01 and 02
    labels = ["".join(p[before : len(p) - after]).strip(_SEPARATORS) for p in pieces]
    if not all(labels) or len({label.casefold() for label in labels}) < len(labels):
        return None
    head, tail = "".join(first[:before]), "".join(first[len(first) - after :])
    stem = _joined(head.rstrip(_SEPARATORS), tail.lstrip(_SEPARATORS)).strip(_SEPARATORS)
    if not stem and all(_is_time(label) for label in labels):
        return Parts(tuple(names), f"{names[0]}_to_{names[-1]}", tuple(labels))
    return Parts(tuple(names), stem, tuple(labels)) if _tells(stem) else None


def _joined(head: str, tail: str) -> str:
    spaced = head and tail and head[-1].isascii() and tail[0].isascii()
    return f"{head}_{tail}" if spaced else head + tail


def _tells(stem: str) -> bool:
    """Whether a shared part of names says what the tables hold."""
    words = re.findall(r"[A-Za-z]{3,}|[^\W\d_a-zA-Z]{2,}", stem)
    return bool(words)
