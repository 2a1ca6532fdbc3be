"""What a plan leaves unsaid: words of the question that should have shaped the plan and did not.

A plan can be well-formed, use columns that fit, and still answer another question, because a word that
changes the meaning went nowhere: "on average" without an average, a table that is named and not used, "late"
that nothing explains. Each lapse is counted here; what a lapse costs is fitted (see `confidence`).
"""

from __future__ import annotations

import json
from typing import Any

from datalect.plan.model import Plan
from datalect.planner.lexical.defaults import label_columns
from datalect.planner.lexical.graph import TableGraph
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.linking.text import Normalised

# Words of grammar that change what is computed wherever they stand.
_STRONG = frozenset(
    "agg percentile top superl nth cmp cmp_post neg null notnull text share weekdays quotient rank growth "
    "change cumulative moving diff versus corr bins binby condition adj adj_than sign between".split()
)
_WEAK = frozenset({"grain", "distinct", "count", "than"})
_BY = frozenset({"by"})
_IDLE = frozenset({"", "noise"})
_SURE = 0.85  # from this score on a word names a column or table beyond doubt
_AGGREGATES = {"avg": ("avg",), "sum": ("sum", "count"), "median": ("median",), "stddev": ("stddev",)}
_WHO = frozenset({"who", "whom", "谁", "什么人"})
_MOST = 3  # more lapses of one kind say nothing new


def lapses(plan: Plan, seq: Sequence, question: Normalised) -> dict[str, float]:
    """How many words of each kind the plan passes over.

    Args:
        plan: a checked plan.
        seq: the items of the question with their roles.
        question: its normalised text.

    Returns:
        counts by kind, at most 3 each: cues that shape a plan, cues that may, breakdowns, tables, columns,
        columns a word stands for, aggregates asked for and not computed, measures computed twice, everyday
        words taken for stored names, and averages nobody asked for.
    """
    body = plan.to_json()
    written = json.dumps({k: v for k, v in body.items() if k not in ("why", "open")}, ensure_ascii=False)
    counts = {
        "idle_strong": sum(_idle(seq, at, _STRONG) for at in range(len(seq))),
        "idle_weak": sum(_idle(seq, at, _WEAK) for at in range(len(seq))),
        "idle_by": sum(_idle(seq, at, _BY) and not seq.has(at + 1, "time") for at in range(len(seq))),
        "tables_missed": sum(_table_missed(seq, at, body, written) for at in range(len(seq))),
        "columns_missed": sum(_column_missed(seq, at, written) for at in range(len(seq))),
        "implied_missed": sum(_implied_missed(seq, at, written) for at in range(len(seq))),
        "aggregates_missed": _aggregates_missed(seq, written),
        "measures_doubled": _doubled(body),
        "everyday_values": sum(
            _everyday(seq, at, question) for at in range(len(seq)) if seq.roles[at] == "filter"
        ),
        "average_unsaid": _average_unsaid(seq, body),
    }
    return {name: float(min(_MOST, count)) for name, count in counts.items()}


def _idle(seq: Sequence, at: int, cues: frozenset[str]) -> bool:
    """Whether an item is, before all else, one of these cues and shaped nothing."""
    if seq.roles[at] not in _IDLE or not seq.items[at].senses:
        return False
    best = max(seq.items[at].senses, key=lambda s: s.score)
    return best.kind == "cue" and best.data[0] in cues


def _table_missed(seq: Sequence, at: int, body: dict[str, Any], written: str) -> bool:
    tables = {str(s.data) for s in seq.items[at].senses if s.kind == "table" and s.score >= _SURE}
    if not tables or seq.roles[at] in ("filter", "noise"):
        return False
    if any(s.kind in ("col", "value") and s.score >= 0.97 for s in seq.items[at].senses):
        return False
    keys = seq.catalog.foreign_keys
    reached = {k.ref_table for k in keys if any(f'"{k.table}.{c}"' in written for c in k.columns)}
    reached |= _passed_through(seq, body, written)
    return not any(
        body.get("from") == t or _written(t, written) or f'"has": "{t}' in written or t in reached
        for t in tables
    )


def _written(table: str, written: str) -> bool:
    """Whether a plan uses a column of a table, by its name or by the key that leads to it."""
    return f'"{table}.' in written or f">{table}." in written


def _passed_through(seq: Sequence, body: dict[str, Any], written: str) -> set[str]:
    """Tables that lie between the rows a plan starts from and the columns it uses of others."""
    graph, start = TableGraph(seq.catalog), str(body.get("from"))
    ends = [t for t in graph.names if t != start and _written(t, written)]
    return {
        t
        for t in graph.names
        if t != start
        and (first := graph.distance(start, t)) is not None
        and any(
            (rest := graph.distance(t, e)) is not None and first + rest == graph.distance(start, e)
            for e in ends
        )
    }


def _column_missed(seq: Sequence, at: int, written: str) -> bool:
    if seq.roles[at] in ("noise", "filter") or any(s.kind == "value" for s in seq.items[at].senses):
        return False
    senses = [s for s in seq.items[at].senses if s.kind == "col"]
    if not any(s.score >= _SURE for s in senses):
        return False
    if any(
        s.kind in ("table", "metric") or (s.kind == "cue" and s.score >= 0.9) for s in seq.items[at].senses
    ):
        return False
    if any(
        s.kind == "expr" and all(f'"{c}"' in written for c in _columns(s.data.expr))
        for s in seq.items[at].senses
    ):
        return False
    return not any(f'"{s.data}"' in written for s in senses)


def _columns(expr: Any) -> list[str]:
    if isinstance(expr, list):
        return [c for part in expr[1:] for c in _columns(part)]
    return [expr] if isinstance(expr, str) else []


def _implied_missed(seq: Sequence, at: int, written: str) -> bool:
    """Whether a word that stands for a column, such as "how long", led to none."""
    sense = seq.items[at].get("implied")
    if sense is None or seq.roles[at] == "noise":
        return False
    columns = seq.about(sense.data[1].argument, 0.8)
    if seq.items[at].text in _WHO and any(
        f'"{c.id}"' in written for t in seq.catalog.tables for c in label_columns(t)
    ):
        return False  # those named are who
    return bool(columns) and not any(f'"{c.ref}"' in written for c in columns)


def _aggregates_missed(seq: Sequence, written: str) -> int:
    missed = 0
    for at in range(len(seq)):
        cue = seq.cue(at, "agg")
        asked = _AGGREGATES.get(str(cue.argument)) if cue is not None else None
        if asked and not any(f'"fn": "{fn}"' in written for fn in asked) and '"metric"' not in written:
            missed += 1
    return missed


def _doubled(body: dict[str, Any]) -> int:
    bare = [
        json.dumps({k: v for k, v in measure.items() if k != "as"}, sort_keys=True)
        for measure in body.get("get", [])
    ]
    return len(bare) - len(set(bare))


def _everyday(seq: Sequence, at: int, question: Normalised) -> bool:
    """Whether a rare stored name, written with a capital, was seen in a word the question writes small."""
    hits = seq.data(at, "value")
    item = seq.items[at]
    if not hits or not (item.text.isascii() and item.text.isalpha()):
        return False
    start, end = question.original(item.start, item.end)
    rare = all(str(h.value)[:1].isupper() and h.count <= 2 for h in hits)
    return rare and question.raw[start:end].islower()


def _average_unsaid(seq: Sequence, body: dict[str, Any]) -> int:
    """Averages that are computed though no word of the question asks for one."""
    cues = ("agg", "superl", "top", "nth", "share", "adj", "avgref", "percentile")
    if any(seq.cue(at, *cues) for at in range(len(seq))):
        return 0
    return sum(m.get("fn") == "avg" for m in body.get("get", []))
