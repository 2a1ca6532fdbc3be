"""Second thoughts on a frame: words for the rows, names of named tables, what must not pass in silence."""

from __future__ import annotations

from dataclasses import replace

from datalect.data.model import SemanticType
from datalect.plan.model import Dates, Range
from datalect.planner.lexical.defaults import key_column, label_column, natural_aggregate, row_level
from datalect.planner.lexical.doubts import doubts
from datalect.planner.lexical.frame import Choice, Frame, Group, Having, Ref, Sorting, Want
from datalect.planner.lexical.graph import TableGraph
from datalect.planner.lexical.named_rank import place_by
from datalect.planner.lexical.people import count_people
from datalect.planner.lexical.sequence import Sequence, is_quantity, is_time
from datalect.planner.lexical.sides import read_rest_of
from datalect.planner.lexical.subjects import drop_subjects, read_first_time
from datalect.planner.lexical.takings import settle_takings
from datalect.planner.lexical.units import convert_units
from datalect.planner.linking.dates import TimeMention
from datalect.planner.linking.tokens import split_header

_NAMES = frozenset({"name", "names", "title", "titles"})
_SPENT = frozenset({"spent", "spend", "spends", "spending", "消费", "花费", "花"})
_BOUNDS = (">", ">=", "<", "<=")
_APART = (
    "in terms of",
    "各",
    "各自",
    "分别",
    "不同",
    "不同的",
    "based on",
    "against",
    "以",
    "among",
    "according to",
)
_BE = frozenset({"is", "are", "was", "were", "been", "be", "being"})


def revise(seq: Sequence, frame: Frame) -> None:
    """Go over a parsed question once more, when everything it mentions is known."""
    read_rest_of(seq, frame)
    drop_subjects(seq, frame)
    read_first_time(seq, frame)
    _row_nouns(seq, frame)
    _names_of_tables(seq, frame)
    _ids(seq, frame)
    _percent_columns(seq, frame)
    _ranked_by(seq, frame)
    place_by(frame)
    settle_takings(seq, frame)
    count_people(seq, frame)
    _who(seq, frame)
    _totals(seq, frame)
    _average_of_rows(seq, frame)
    _year_before(frame)
    _silent(seq, frame)
    frame.doubts += doubts(seq, frame)
    convert_units(seq, frame)


def _who(seq: Sequence, frame: Frame) -> None:
    """Let the things named be those "who" and 谁 ask for: their names, not any other table's."""
    ranked = frame.rank is not None and frame.rank.entity_table is not None
    if len(seq.catalog.tables) > 1 and (ranked or frame.tables):
        frame.wants = [
            w for w in frame.wants if w.kind != "implied" or seq.items[w.at].text not in ("who", "谁")
        ]


def _totals(seq: Sequence, frame: Frame) -> None:
    """Bound the sum of each thing in "customers who spent more than 100": no single partner row is meant."""
    if len(seq.catalog.tables) < 2 or frame.rank or frame.groups or not frame.tables:
        return
    owner = frame.tables[0][0] if frame.tables else ""
    if any(
        w.kind != "count" for w in frame.wants if w.kind != "col" or w.ref is None or w.ref.text != "total"
    ):
        return
    sums = [c for k in range(len(seq)) if (c := seq.cue(k, "agg")) is not None and c.argument == "sum"]
    said = bool(sums) or any(item.text in _SPENT for item in seq.items)
    if not said:
        return
    graph = TableGraph(seq.catalog)
    for filter_ in list(frame.filters):
        if (
            filter_.kind != "number"
            or filter_.ref is None
            or filter_.op not in _BOUNDS
            or len(filter_.values) != 1
        ):
            continue
        below = [
            c
            for c in filter_.ref.choices
            if (col := seq.column(c.ref)) is not None
            and graph.distance(col.table, owner)
            and natural_aggregate(col)[0] == "sum"
        ]
        if not below:
            continue
        below = [replace(c, fit=min(1.0, c.fit + 0.12)) for c in below]  # that it is a sum was said
        total = Want("agg", fn="sum", ref=replace(filter_.ref, choices=below), at=filter_.at)
        seq.use([k for k in range(len(seq)) if (c := seq.cue(k, "agg")) and c.argument == "sum"], "having")
        frame.havings.append(Having(total, filter_.op, float(filter_.values[0]), filter_.at))
        frame.filters.remove(filter_)
        frame.wants = [w for w in frame.wants if w.kind != "col"]
        if len(frame.wants) == 1 and frame.wants[0].table is not None:
            want = frame.wants[0]
            frame.wants = [Want("nested", fn="count", at=want.at, table=want.table,
                                per=Ref([], want.at, want.table or ""), inner=total)]  # fmt: skip
        return


def _average_of_rows(seq: Sequence, frame: Frame) -> None:
    """Take the average over all rows where each thing is a row: 平均每张发票多少钱."""
    figures = [w for w in frame.wants if w.ref is not None]
    averaged = [k for k in range(len(seq)) if (c := seq.cue(k, "agg")) and c.argument == "avg"]
    group = frame.groups[0] if len(frame.groups) == 1 else None
    if (
        len(figures) != 1
        or len(frame.wants) != 1
        or not averaged
        or frame.rank
        or frame.steps
        or frame.sorting
    ):
        return
    want = figures[0]
    if group is None or group.table is None or group.grain or want.kind not in ("agg", "implied", "col"):
        return
    column = seq.column(want.ref.choices[0].ref) if want.ref is not None else None
    if column is None or column.table != group.table or not is_quantity(column) or frame.havings:
        return
    table = seq.catalog.table(group.table)
    label = label_column(table) if table is not None else None
    if label is None or not row_level(label):
        return  # each stock has many prices
    if want.kind == "agg" and want.fn != "avg":
        return
    frame.wants = [Want("agg", fn="avg", ref=want.ref, at=want.at)]
    frame.groups = []
    seq.use([k for k in averaged if seq.free(k)], "want")


def _row_nouns(seq: Sequence, frame: Frame) -> None:
    """In a single table, an unknown noun where rows are expected stands for them: "strikes with ...", "longest trip"."""  # noqa: E501
    if len(seq.catalog.tables) != 1:
        return
    table = seq.catalog.tables[0].name
    for at in list(frame.unknown):
        if seq.items[at].senses or not seq.items[at].text.isascii() or not seq.items[at].text.isalpha():
            continue
        rank = frame.rank
        before = seq.content(at, -1, 3)
        if _head_noun(seq, at, before):
            seq.use(at, "noun")
            continue
        if rank is not None and before == rank.at:
            text = seq.items[rank.at].text
            if rank.by is None and text.split()[-1] in ("most", "fewest", "least"):
                rank.by = Want("count", table=table, at=at)
            elif rank.by is not None and rank.entity is None and rank.entity_table is None:
                rank.entity_table = table
            else:
                continue
        elif before is not None or not seq.items[at].text.endswith("s") or at + 1 >= len(seq):
            continue
        elif not frame.wants and frame.filters:
            frame.tables.append((table, at))
        seq.use(at, "noun")


def _head_noun(seq: Sequence, at: int, before: int | None) -> bool:
    """Whether a plural nobody knows stands where the rows do: "share of trips", "married clients"."""
    if before is None or not seq.items[at].text.endswith("s") or len(seq.items[at].text) < 4:
        return False
    if seq.cue(before, "share", "count", "distinct") or seq.roles[before] == "step":
        return True
    return before == at - 1 and seq.roles[before] == "filter" and seq.has(before, "value")


def _names_of_tables(seq: Sequence, frame: Frame) -> None:
    """Let "names of the departments" mean the departments' names, whatever their header is."""
    for want in frame.wants:
        if want.kind != "col" or want.ref is None or want.ref.text not in _NAMES or want.at < 0:
            continue
        owner = _owner_table(seq, want.at)
        table = seq.catalog.table(owner) if owner is not None else None
        label = label_column(table) if table is not None else None
        if label is None or not set(split_header(label.name)[-1:]) & {"name", "title"}:
            continue
        others = [c if c.ref == label.id else replace(c, fit=c.fit * 0.7) for c in want.ref.choices]
        kept = [c for c in others if c.ref != label.id]
        want.ref.choices = [Choice(label.id, max(0.97, want.ref.choices[0].fit)), *kept][:5]


def _ids(seq: Sequence, frame: Frame) -> None:
    """Let "id" mean the key of the table spoken of where no header says it: "eid", "flno"."""
    for at in list(frame.unknown):
        if seq.items[at].senses or seq.items[at].text not in ("id", "ids", "identifier", "identifiers"):
            continue
        owner = _owner_table(seq, at) or next((t for t, _ in frame.tables), None)
        table = seq.catalog.table(owner) if owner is not None else None
        key = key_column(table) if table is not None else None
        if key is None or any(w.kind != "col" for w in frame.wants):
            continue
        place = sum(1 for w in frame.wants if w.at < at)
        frame.wants.insert(place, Want("col", ref=Ref([Choice(key.id, 0.85)], at, seq.items[at].text), at=at))
        frame.unknown.remove(at)
        seq.use(at, "want")


def _owner_table(seq: Sequence, at: int) -> str | None:
    of = False
    for k in range(at + 1, min(len(seq), at + 7)):
        text = seq.items[k].text
        if text in ("of", "for"):
            of = True
            continue
        table = seq.items[k].get("table")
        if of and table is not None and table.score >= 0.9:
            return str(table.data)
        if of and not seq.glue(k) and not seq.cue(k, "distinct", "by"):
            return None
        between = seq.glue(k) or seq.cue(k, "and", "comma", "agg", "count") or seq.ref(k) is not None
        if not of and not between and text not in ("id", "ids"):
            return None
    return None


def _percent_columns(seq: Sequence, frame: Frame) -> None:
    """A column that holds a share already is asked for by "share of coal": nothing is to be divided again."""
    if not any(name == "share" for name, _ in frame.steps) or any(w.kind != "col" for w in frame.wants):
        return
    share_at = next((k for k in range(len(seq)) if seq.cue(k, "share")), -1)
    near = [w for w in frame.wants if w.ref is not None and 0 < w.at - share_at <= 4]
    for want in near:
        column = seq.column(want.ref.choices[0].ref) if want.ref is not None and want.ref.choices else None
        if column is None:
            continue
        words = set(split_header(column.name))
        is_share = column.meaning.type in (SemanticType.PERCENT, SemanticType.RATIO) or bool(
            words & {"percent", "percentage", "pct", "share", "proportion"} or "%" in column.name
        )
        if is_share and is_quantity(column):
            frame.steps = [s for s in frame.steps if s[0] != "share"]
            if frame.rank is not None and frame.rank.by is None:
                frame.rank.by = want
                frame.wants.remove(want)
            return


def _ranked_by(seq: Sequence, frame: Frame) -> None:
    """Read "rank the countries by spending" as an order by a figure, not as groups of equal figures."""
    if not any(name == "rank" for name, _ in frame.steps) or len(frame.groups) > 1 or frame.sorting:
        return
    if not frame.groups:
        if len(frame.tables) == 1 and frame.wants and all(w.kind == "agg" for w in frame.wants):
            name, at = frame.tables.pop()
            frame.steps = [s for s in frame.steps if s[0] != "rank"]
            frame.groups = [Group(None, table=name, at=at)]
            frame.sorting = Sorting(None, "y", "desc")
        return
    group = frame.groups[0]
    column = seq.column(group.ref.choices[0].ref) if group.ref is not None and group.ref.choices else None
    things = [w for w in frame.wants if w.kind == "col"]
    if column is None or not is_quantity(column) or is_time(column) or len(things) != len(frame.wants):
        return
    figure = Want("col", ref=group.ref, at=group.at)
    if not things and not frame.tables:
        if any(f.kind == "value" and not f.neg for f in frame.filters) and not frame.wants:
            frame.groups, frame.wants = [], [figure]  # "where does Ohio rank by sales"
        return
    frame.steps = [s for s in frame.steps if s[0] != "rank"]
    frame.groups = []
    frame.wants.append(figure)
    frame.sorting = Sorting(figure, None, "desc")


def _year_before(frame: Frame) -> None:
    """Keep the year before the one asked about: its figures are compared with in 各季度同比."""
    times = [f for f in frame.filters if f.kind == "time" and f.time is not None and not f.neg]
    if not frame.groups or ("growth", "year") not in frame.steps or len(times) != 1 or times[0].values:
        return
    time = times[0].time
    span, years = (time.span, time.years) if time is not None else (None, None)
    if not isinstance(span, Dates) or span.year is None or years is None or years[0] != years[1]:
        return
    finer = any(g.grain in ("quarter", "month", "week", "day") for g in frame.groups)
    both = Range(from_=f"{span.year - 1}-01-01", to=f"{span.year}-12-31")
    times[0].time = TimeMention(0, 0, both, None if finer else (span.year - 1, span.year))


def _silent(seq: Sequence, frame: Frame) -> None:
    """Lower what leaves out a condition or a noun that clearly mattered."""
    _lost(seq, frame)
    for at in set(frame.unknown):
        if seq.items[at].senses or seq.roles[at] == "noun" or at == 0:
            continue
        alone = all(not any(c.isalnum() for c in seq.items[k].text) for k in range(at + 1, len(seq)))
        if alone and seq.items[at - 1].text in _BE:
            frame.penalty *= 0.5  # "how many invoices were cancelled": the condition itself was not read
        rank = frame.rank
        if rank is not None and rank.entity is None and rank.entity_table is None:
            beside = seq.content(rank.at, 1, 1) == at or (at < rank.at and seq.content(at, 1, 3) == rank.at)
            if beside:
                frame.penalty *= 0.55  # the things to be ranked are unknown


def _lost(seq: Sequence, frame: Frame) -> None:
    """Doubt a reading that heard "by ..." or "on average" and made nothing of it."""
    things = [g.table for g in frame.groups if g.table is not None]
    if len(things) == 2 and any(TableGraph(seq.catalog).distance(a, b) for a, b in (things, things[::-1])):
        frame.penalty *= 0.5  # 每个系平均到每个学生: one figure over another, not a breakdown by both
    for at in range(len(seq)):
        if not seq.free(at) or at in frame.unknown:
            continue
        cue = seq.cue(at, "agg")
        if cue is not None and cue.argument in ("avg", "median") and seq.ref(at, least=0.9) is None:
            frame.unknown.append(at)
            frame.penalty *= 0.4
            continue
        by = seq.cue(at, "by")
        after = seq.content(at, 1, 2) if by is not None and seq.items[at].text not in _APART else None
        if by is not None and seq.items[at].text in ("by", "按", "按照") and seq.content(at, 1, 2) is None:
            frame.penalty *= 0.45  # by a header that reads like a word of the grammar
        if (
            after is not None
            and seq.roles[after] in ("", "unknown")
            and not seq.cue(after, "by", "sort", "dir")
        ):
            frame.unknown.append(at)
            frame.penalty *= 0.45
