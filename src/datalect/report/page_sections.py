"""Which sections a report has, what each opens with, and what belongs to which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from datalect.answer.formats import percent
from datalect.answer.ground import Words
from datalect.report.model import SEVERITIES, Report, Section
from datalect.report.page_columns import (
    Bar,
    ColumnView,
    language_shares,
    phrase_bars,
    rows_text,
    small_svg,
    value_text,
)
from datalect.report.page_facts import FactView
from datalect.report.page_words import SECTION_TITLES, SEVERITY_COUNTS, stage_words

_NONE = Words(en="", zh="")
_MOST_NAMES = 10  # columns named for one meaning
_SHORT_TITLES: dict[str, Words] = {
    "headlines": Words(en="What matters", zh="要点"),
    "trust": Words(en="Trust", zh="可信度"),
    "compare": Words(en="Changes", zh="变化"),
    "method": Words(en="Method", zh="方法"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """One section of the page.

    Attributes:
        id: its anchor.
        title: its heading.
        lead: a sentence it opens with.
        facts: facts shown in it.
        above: facts that belong to it and are shown further up.
    """

    id: str
    title: Words
    lead: Words = _NONE
    facts: tuple[FactView, ...] = ()
    above: tuple[FactView, ...] = ()

    @property
    def short(self) -> Words:
        """Its name in the navigation."""
        return _SHORT_TITLES.get(self.id, self.title)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeView:
    """The span of a column of dates."""

    anchor: str
    name: str
    profile: object
    spark: Markup
    low_high: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class TextView:
    """A column of texts: its languages, lengths and phrases."""

    view: ColumnView
    figures: tuple[tuple[Words, Words], ...]
    phrases: tuple[Bar, ...]


def size_words(report: Report) -> Words:
    """Rows and columns."""
    rows, columns = report.rows, len(report.columns)
    return Words(
        en=f"{rows:,} row{'' if rows == 1 else 's'} × {columns:,} column{'' if columns == 1 else 's'}",
        zh=f"{rows:,} 行 × {columns:,} 列",
    )


def sections_of(
    report: Report,
    views: Mapping[str, FactView],
    headlines: Sequence[FactView],
    shown: set[str],
    columns: Sequence[ColumnView],
) -> list[SectionView]:
    """The sections that have something to say, in order.

    Args:
        report: the report.
        views: every fact by id.
        headlines: facts the page opens with.
        shown: ids of facts placed already, headlines and those of problems.
        columns: the columns prepared for the page.
    """
    told = {problem.fact for problem in report.problems}  # each points to its fact itself

    def section(name: Section, key: str, lead: Words = _NONE) -> SectionView:
        mine = [(k, v) for k, v in views.items() if v.fact.section == name]
        return SectionView(
            id=key, title=SECTION_TITLES[name], lead=lead,
            facts=tuple(v for k, v in mine if k not in shown),
            above=tuple(v for v in headlines if v.fact.section == name and v.fact.id not in told),
        )  # fmt: skip

    found = [SectionView(id="headlines", title=_SHORT_TITLES["headlines"])]
    compare = section("compare", "compare")
    if compare.facts or compare.above or report.compared:
        none = Words(
            en=f"Nothing worth a sentence changed against {report.compared}.",
            zh=f"与 {report.compared} 相比没有值得一提的变化。",
        )
        found.append(section("compare", "compare", none) if not (compare.facts or compare.above) else compare)
    found.append(section("trust", "trust", _trust_lead(report)))
    found.append(section("values", "columns", _columns_lead(report)))
    relations = section("relations", "relations")
    empty = not (relations.facts or relations.above)
    if len(report.columns) > 1:
        found.append(section("relations", "relations", _relations_lead(report) if empty else _NONE))
    time = section("time", "time")
    if time.facts or time.above or time_views(columns):
        found.append(time)
    text = section("text", "text")
    if text.facts or text.above or text_views(columns):
        found.append(text)
    if report.target:
        found.append(section("target", "target", _target_lead(report, section("target", "target"))))
    found.append(SectionView(id="method", title=Words(en="How this report was made", zh="这份报告如何得来")))
    return found


def _trust_lead(report: Report) -> Words:
    if not report.rows:
        return Words(
            en="The table has no rows, so there is nothing to check.", zh="这张表没有数据行，无从检查。"
        )
    if not report.problems:
        return Words(en="No problem was found in this table.", zh="在这张表中没有发现问题。")
    counts = [(s, sum(1 for p in report.problems if p.severity == s)) for s in SEVERITIES]
    held = [(s, n) for s, n in counts if n]
    total = len(report.problems)
    return Words(
        en=f"{'One problem was' if total == 1 else f'{total} problems were'} found: "
        + ", ".join(f"{n} {SEVERITY_COUNTS[s].en.partition('|')[2 if n > 1 else 0]}" for s, n in held)
        + ".",
        zh=f"发现 {total} 个问题：" + "、".join(f"{SEVERITY_COUNTS[s].zh} {n} 个" for s, n in held) + "。",
    )


def _columns_lead(report: Report) -> Words:
    if not report.columns:
        return Words(en="The table has no columns.", zh="这张表没有列。")
    return _NONE


def _relations_lead(report: Report) -> Words:
    tests = report.method.tests
    if not tests:
        return Words(en="No relation between columns could be tested.", zh="没有可以检验的列间关系。")
    made = "one test was made" if tests == 1 else f"{tests:,} tests were made"
    return Words(
        en=f"No relation between columns is strong and certain enough to state ({made}).",
        zh=f"没有既明显又可靠的列间关系（共做了 {tests:,} 次检验）。",
    )


def _target_lead(report: Report, section: SectionView) -> Words:
    name = next((c.label for c in report.columns if c.name == report.target), None)
    label = Words(en=report.target, zh=report.target) if name is None else name
    if section.facts or section.above:
        return Words(en=f"What goes with {label.en}.", zh=f"与{label.zh}有关的内容。")
    return Words(
        en=f"Nothing goes with {label.en} strongly and certainly enough to state.",
        zh=f"没有发现与{label.zh}明显而可靠相关的内容。",
    )


# ---------------------------------------------------------------- lists


def kinds_of(columns: Iterable[ColumnView]) -> list[tuple[Words, list[tuple[str, str]], int]]:
    """Columns by what they mean: the meaning, some of them, how many more."""
    held: dict[str, tuple[Words, list[tuple[str, str]]]] = {}
    for view in columns:
        held.setdefault(view.meaning.en, (view.meaning, []))[1].append((view.anchor, view.name))
    return [(words, names[:_MOST_NAMES], max(len(names) - _MOST_NAMES, 0)) for words, names in held.values()]


def time_views(columns: Iterable[ColumnView]) -> list[TimeView]:
    """Columns of dates and times with the span they cover."""
    found = []
    for view in columns:
        c = view.profile
        if not c.dtype.upper().startswith(("DATE", "TIMESTAMP")) or c.minimum is None or c.maximum is None:
            continue
        low, high = value_text(c.minimum), value_text(c.maximum)
        words = Words(en=f"{low.en} to {high.en}", zh=f"{low.zh} 至 {high.zh}")
        found.append(
            TimeView(anchor=view.anchor, name=view.name, profile=c, spark=_copy(view), low_high=words)
        )
    return found


def _copy(view: ColumnView) -> Markup:
    """The drawing of a column a second time, without its name."""
    if view.drawn != "histogram":
        return Markup()
    return small_svg("hist", f'<use href="#{view.anchor}h"/>')


def text_views(columns: Iterable[ColumnView]) -> list[TextView]:
    """Columns whose texts were read: those with phrases or languages."""
    found = []
    for view in columns:
        c = view.profile
        if not c.phrases and not c.languages:
            continue
        figures: list[tuple[Words, Words]] = []
        for name, share in language_shares(c)[:4]:
            text = percent(share * 100).text
            figures.append((name, Words(en=text, zh=text)))
        if c.lengths is not None:
            low, middle, high = (rows_text(n) for n in c.lengths)
            figures.append(
                (
                    Words(en="characters", zh="字数"),
                    Words(
                        en=f"{low.en} to {high.en}, median {middle.en}",
                        zh=f"{low.zh} 至 {high.zh}，中位数 {middle.zh}",
                    ),
                )
            )
        figures.append((Words(en="distinct", zh="不同值"), rows_text(c.distinct)))
        found.append(TextView(view=view, figures=tuple(figures), phrases=phrase_bars(c)))
    return found


# ---------------------------------------------------------------- method


def method_figures(report: Report) -> list[tuple[Words, Words]]:
    """How the report was made, in figures."""
    method = report.method
    out = [(Words(en="rows of the table", zh="表的行数"), rows_text(report.rows))]
    if method.sampled:
        whole = method.sampled >= report.rows
        words = rows_text(method.sampled)
        searched = Words(en=f"{words.en}, all", zh=f"{words.zh}，全部") if whole else words
        out.append((Words(en="rows relations were searched on", zh="搜寻关系所用的行数"), searched))
    out.append((Words(en="facts stated", zh="写出的发现"), rows_text(len(report.facts))))
    out.append((Words(en="statistical tests", zh="统计检验次数"), rows_text(method.tests)))
    rate = percent(method.false_discovery_rate * 100).text
    out.append((Words(en="false discovery rate", zh="错误发现率"), Words(en=rate, zh=rate)))
    if method.queries:
        out.append((Words(en="queries run", zh="执行的查询"), rows_text(method.queries)))
    if method.seconds:
        total = f"{report.seconds:.1f}"
        out.append((Words(en="seconds", zh="用时（秒）"), Words(en=total, zh=total)))
    return out


def stage_figures(report: Report) -> list[tuple[Words, Words]]:
    """Seconds of each stage."""
    return [
        (stage_words(name), Words(en=f"{s:.2f}", zh=f"{s:.2f}")) for name, s in report.method.seconds.items()
    ]
