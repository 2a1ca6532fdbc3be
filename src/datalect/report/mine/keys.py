"""What identifies a row, what points to other tables, and which columns follow from one another."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from datalect.answer.labels import column_words, humanise
from datalect.data.model import Column, SemanticType
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier
from datalect.report.arrays import codes as codes_of
from datalect.report.finding import Context, Finding, plain_shape

if TYPE_CHECKING:
    import numpy as np

S = SemanticType
_SHARE = plain_shape(percent=100)
_MOST_CHECKED = 30
_LEAST_REPEATS = 1.5  # rows per value of the determining column, on average
_LEAST_NEAR_REPEATS = 8  # the same for rules with exceptions
_MOST_BROKEN = 0.05  # share of rows up to which exceptions are faults and not variety
_MOST_NEAR = 6
_NAMING = frozenset({S.ID, S.CODE, S.CATEGORY, S.NAME, S.ORDERED})
_NO_GROUPS = frozenset({S.TEXT, S.UNKNOWN})


def mine(context: Context) -> list[Finding]:
    """Keys, foreign keys and functional dependencies."""
    return [*_keys(context), *_foreign_keys(context), *_dependencies(context)]


def _keys(context: Context) -> list[Finding]:
    table = context.reader.table
    if not table.keys or table.rows < 2:
        return []
    key = table.keys[0]
    if any(name not in {c.name for c in context.reader.columns} for name in key):
        return []
    names = {f"k{i}": column_words(context.column(name)) for i, name in enumerate(key)}
    result = None
    if len(key) == 1:
        result = context.reader.stated({"get": [{"fn": "count"}, {"fn": "distinct", "col": key[0]}]})
    natural = all(context.column(name).meaning.type in (S.ID, S.CODE, S.NAME) for name in key)
    return [
        Finding(
            form="key" if len(key) == 1 else "composite_key",
            type="key",
            columns=key,
            section="trust",
            values={"rows": table.rows, "parts": len(key)},
            names=names,
            n=table.rows,
            effect=1.0,
            effect_name="share",
            result=result,
            impact=0.7 if natural else 0.45,
            surprise=0.4 if len(key) == 1 else 0.55,
            cluster="key",
        )
    ]


def _foreign_keys(context: Context) -> list[Finding]:
    table = context.reader.table
    found = []
    for link in context.reader.catalog.foreign_keys:
        if link.table != table.name or any(table.column(c) is None for c in link.columns):
            continue
        names = {f"k{i}": column_words(context.column(c)) for i, c in enumerate(link.columns)}
        other = context.reader.catalog.table(link.ref_table)
        words = humanise(link.ref_table)
        label = (other.label if other else "") or words
        from datalect.answer.ground import Words

        names["other"] = Words(en=label, zh=label)
        found.append(
            Finding(
                form="foreign_key",
                type="foreign_key",
                columns=link.columns,
                section="trust",
                values={"coverage": link.coverage, "parts": len(link.columns)},
                names=names,
                shapes={"coverage": _SHARE},
                n=table.rows,
                effect=link.coverage,
                effect_name="share",
                severity="info" if link.coverage >= 1 else "warning",
                impact=0.5,
                surprise=0.45,
                cluster=f"fk:{','.join(link.columns)}",
            )
        )
    return found


def _dependencies(context: Context) -> list[Finding]:
    """Columns that follow from another: every city lies in one province.

    Candidates are those the sample does not contradict; each is then checked on all rows.
    """
    codes: dict[str, tuple[np.ndarray, int]] = {}
    keys = {k[0] for k in context.reader.table.keys if len(k) == 1}
    for column in context.reader.columns:
        if _may_determine(context, column) and column.name not in keys:
            held, different = codes_of(context.sample.arrow.column(column.name))
            if len(different) >= 2:
                codes[column.name] = (held, len(different))
    names = sorted(codes, key=lambda n: codes[n][1])[:_MOST_CHECKED]
    found: list[Finding] = []
    both: set[frozenset[str]] = set()
    explained: set[str] = set()
    for left, right in permutations(names, 2):
        if frozenset((left, right)) in both or codes[left][1] < codes[right][1]:
            continue
        if not _holds(codes[left], codes[right]):
            continue
        if right in explained and codes[left][1] > codes[right][1]:
            context.bound.add(frozenset((left, right)))  # it follows, but through another column
            continue
        one_to_one = codes[left][1] == codes[right][1] and _holds(codes[right], codes[left])
        finding = _confirmed(context, left, right, one_to_one)
        if finding is not None:
            found.append(finding)
            context.bound.add(frozenset((left, right)))
            # Where nearly every value of one has its own value of the other, they stand for the same things.
            if codes[left][1] <= 1.3 * codes[right][1]:
                context.alike.add(frozenset((left, right)))
            explained.add(right)
            if finding.form == "one_to_one":
                both.add(frozenset((left, right)))
                context.same[_less_readable(context, left, right)] = _more_readable(context, left, right)
    return found + _near_dependencies(context, codes)


def _near_dependencies(context: Context, codes: dict[str, tuple[np.ndarray, int]]) -> list[Finding]:
    """Columns that nearly follow from another: the rows that break the rule are likely to be wrong."""
    best: dict[str, tuple[float, str]] = {}
    for left, right in permutations(codes, 2):
        pair = frozenset((left, right))
        if pair in context.bound or kind_of(context.column(right).dtype) != "text" or left in context.same:
            continue
        if kind_of(context.column(left).dtype) != "text" and context.column(left).meaning.type not in _NAMING:
            continue  # a measure names nothing
        broken = _broken_share(codes[left], codes[right])
        if broken is None:
            continue
        context.bound.add(pair)  # that they go together is no news beside the rule
        if right not in best or broken < best[right][0]:
            best[right] = (broken, left)
    chosen: dict[frozenset[str], tuple[str, str]] = {}
    for right, (_, left) in sorted(best.items(), key=lambda p: p[1]):
        chosen.setdefault(frozenset((left, right)), (left, right))
    return [f for left, right in list(chosen.values())[:_MOST_NEAR] for f in _nearly(context, left, right)]


def _broken_share(left: tuple[np.ndarray, int], right: tuple[np.ndarray, int]) -> float | None:
    """Share of the rows whose right value is not the usual one of their left; None where there is no rule."""
    import numpy as np

    known = (left[0] >= 0) & (right[0] >= 0)
    a, b = left[0][known], right[0][known]
    if a.size < 100 or left[1] < 3 or a.size < _LEAST_NEAR_REPEATS * left[1]:
        return None
    pairs, counts = np.unique(a.astype(np.int64) * right[1] + b, return_counts=True)
    usual = np.zeros(left[1], dtype=np.int64)
    np.maximum.at(usual, pairs // right[1], counts)
    broken = 1.0 - usual.sum() / a.size
    chance = 1.0 - np.bincount(b).max() / b.size
    return float(broken) if 0 < broken <= min(_MOST_BROKEN, 0.1 * chance) else None


def _nearly(context: Context, left: str, right: str) -> list[Finding]:
    a, b = identifier(left), identifier(right)
    sql = (
        "SELECT sum(total)::BIGINT AS n, sum(total - top)::BIGINT AS broken FROM (SELECT sum(n) AS total, "
        f"max(n) AS top FROM (SELECT {a} AS l, count(*) AS n FROM {context.reader.name} "
        f"WHERE {a} IS NOT NULL AND {b} IS NOT NULL GROUP BY {a}, {b}) GROUP BY l)"
    )
    rows = context.reader.try_rows(sql, what="dependencies")
    if not rows or not rows[0]["broken"] or rows[0]["broken"] > _MOST_BROKEN * rows[0]["n"]:
        return []
    share = rows[0]["broken"] / rows[0]["n"]
    return [
        Finding(
            form="dependency_mostly",
            type="dependency",
            columns=(right, left),
            section="trust",
            severity="notice",
            values={"rows": rows[0]["n"], "exceptions": rows[0]["broken"], "share": share},
            names={"left": column_words(context.column(left)), "right": column_words(context.column(right))},
            shapes={"share": _SHARE},
            n=rows[0]["n"],
            effect=1.0 - share,
            effect_name="share",
            sql=sql,
            impact=0.45,
            surprise=0.6,
            cluster=f"fd:{right}",
        )
    ]


def _more_readable(context: Context, one: str, other: str) -> str:
    """Of two columns that say the same, the one with words, else the first."""
    words = [n for n in (one, other) if kind_of(context.column(n).dtype) == "text"]
    if len(words) == 1:
        return words[0]
    order = [c.name for c in context.reader.columns]
    return min(one, other, key=order.index)


def _less_readable(context: Context, one: str, other: str) -> str:
    return other if _more_readable(context, one, other) == one else one


def _may_determine(context: Context, column: Column) -> bool:
    if column.name not in context.sample.arrow.column_names or column.name in context.same:
        return False
    profile = column.profile
    if column.meaning.type in _NO_GROUPS or kind_of(column.dtype) not in (
        "text",
        "integer",
        "boolean",
        "uuid",
    ):
        return False
    if column.name in context.mask.personal and kind_of(column.dtype) != "text":
        return False
    filled = profile.rows - profile.nulls
    return 2 <= profile.distinct and filled >= _LEAST_REPEATS * profile.distinct and filled >= 20


def _holds(left: tuple[object, int], right: tuple[object, int]) -> bool:
    """Whether no value of the left goes with two values of the right, and enough values repeat to tell."""
    import numpy as np

    a, levels = np.asarray(left[0]), left[1]
    b = np.asarray(right[0])
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    if a.size == 0:
        return False
    counts = np.bincount(a, minlength=levels)
    repeats = int(counts[counts > 1].sum() - (counts > 1).sum())
    if repeats < 20 or np.unique(b).size < 2:
        return False
    first = np.full(levels, -1, dtype=np.int64)
    first[a[::-1]] = b[::-1]
    agree = first[a] == b
    if not agree.all():
        return False
    # Could it be chance? A right side that is nearly always the same value follows from anything.
    share = np.bincount(b).max() / b.size
    return bool(repeats * np.log(share) < np.log(1e-9))


def _confirmed(context: Context, left: str, right: str, one_to_one: bool) -> Finding | None:
    a, b = identifier(left), identifier(right)
    table = context.reader.name
    sql = (
        f"SELECT count(*) AS groups, count(*) FILTER (lo <> hi) AS broken FROM (SELECT {a}, min({b}) AS lo, "
        f"max({b}) AS hi FROM {table} WHERE {a} IS NOT NULL AND {b} IS NOT NULL GROUP BY {a})"
    )
    rows = context.reader.try_rows(sql, what="dependencies")
    if not rows or rows[0]["broken"] or not rows[0]["groups"]:
        return None
    if one_to_one:
        back = context.reader.try_rows(
            sql.replace(
                f"SELECT {a}, min({b}) AS lo, max({b})", f"SELECT {b}, min({a}) AS lo, max({a})"
            ).replace(f"GROUP BY {a}", f"GROUP BY {b}"),
            what="dependencies",
        )
        one_to_one = bool(back) and not back[0]["broken"] if back else False
    names = {"left": column_words(context.column(left)), "right": column_words(context.column(right))}
    return Finding(
        form="one_to_one" if one_to_one else "dependency",
        type="dependency",
        columns=(left, right),
        section="relations",
        values={"groups": rows[0]["groups"]},
        names=names,
        n=context.rows,
        effect=1.0,
        effect_name="share",
        sql=sql,
        impact=0.5,
        surprise=0.5,
        cluster=f"fd:{right}",
    )
