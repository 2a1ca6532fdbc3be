"""Conditions that name a stored value, a number of a column, or a time."""

from __future__ import annotations

from datalect.planner.lexical.frame import Filter, Frame, Ref
from datalect.planner.lexical.sequence import Sequence


def _wants_value(seq: Sequence, at: int) -> bool:
    item = seq.items[at]
    value = item.get("value")
    if value is None or value.score < 0.5:
        return False
    others = [s for s in item.senses if s.kind in ("col", "table", "metric")]
    best = max((s.score for s in others), default=0.0)
    dated = any(
        c.dtype.upper().startswith(("DATE", "TIMESTAMP")) for t in seq.catalog.tables for c in t.columns
    )
    leading = ("cue", "time", "implied") if dated else ("cue", "implied")
    if item.senses[0].kind in leading and value.score < 0.93 and not others:
        return False
    if seq.has(at, "time") and not seq.data(at, "time").bare and dated:
        return False
    if item.get("num") is not None and item.last - item.first == 1:
        return False
    if best >= 0.9:
        # "Region East" against "by country": a header that is also a stored value stays a header after
        # "by", "each"
        before = seq.content(at, -1, 1)
        named = (
            before is not None
            and seq.ref(before) is not None
            and {h.column for h in value.data} & {c.ref for c in (seq.ref(before) or Ref([], 0)).choices}
        )
        return bool(named)
    return value.score >= best - 0.05 or best < 0.8


def read_values(seq: Sequence, frame: Frame) -> None:
    """Read stored values, alone or in a list."""
    at = 0
    while at < len(seq):
        if not seq.free(at) or not _wants_value(seq, at):
            at += 1
            continue
        group = [at]
        position = at + 1
        while position < len(seq):
            if seq.free(position) and _wants_value(seq, position):
                if not _share_column(seq, at, position):
                    break
                group.append(position)
            elif not (
                seq.free(position)
                and (seq.cue(position, "and", "or", "comma", "versus", "than") or _article(seq, position))
            ):
                noun = seq.free(position) and (
                    not seq.items[position].senses or seq.table(position) is not None
                )
                joined = seq.free(position + 1) and seq.cue(position + 1, "and", "or", "versus", "than")
                if not (noun and joined):
                    break
                if not seq.items[position].senses:
                    seq.use(position, "noise")
            position += 1
        _value_filter(seq, frame, group)
        at = group[-1] + 1
    _merge_opposites(seq, frame)


def _merge_opposites(seq: Sequence, frame: Frame) -> None:
    """Take two values of one column for a comparison: no row holds both "AAPL" and "MSFT"."""
    plain: list[Filter] = []
    for filter_ in [f for f in frame.filters if f.kind == "value" and not f.neg and f.op == "="]:
        columns = {h.column for g in filter_.hits for h in g}
        named = {str(h.value) for g in filter_.hits for h in g}
        same = next(
            (
                o
                for o in plain
                if len(columns) == 1
                and columns == {h.column for g in o.hits for h in g}
                and not named & {str(h.value) for g in o.hits for h in g}
            ),
            None,
        )
        if same is None:
            plain.append(filter_)
            continue
        same.hits = [*same.hits, *filter_.hits]
        both = _both(seq, same.at)
        same.fn = "both" if both else same.fn or "and"
        frame.compare = frame.compare or not both
        frame.filters.remove(filter_)


def _article(seq: Sequence, at: int) -> bool:
    return seq.items[at].text in (
        "the",
        "a",
        "in",
        "from",
        "for",
        "of",
        "with",
        "的",
        "在",
        "/",
        "&",
    ) and seq.glue(at)


def _share_column(seq: Sequence, first: int, second: int) -> bool:
    a = {h.column for h in seq.data(first, "value")}
    b = {h.column for h in seq.data(second, "value")}
    return bool(a & b)


def _value_filter(seq: Sequence, frame: Frame, group: list[int]) -> None:
    hits = [tuple(seq.data(k, "value")) for k in group]
    common = set.intersection(*({h.column for h in g} for g in hits)) if len(hits) > 1 else set()
    if common:
        hits = [tuple(h for h in g if h.column in common) for g in hits]
    named = column_beside(seq, group[0], group[-1], {h.column for h in hits[0]})
    if named is not None:
        ref = seq.ref(named)
        columns = {c.ref for c in ref.choices} if ref is not None else set()
        hits = [tuple(h for h in g if h.column in columns) or g for g in hits]
        seq.use(named, "filter")
    neg = False
    for k in range(group[0] - 1, max(-1, group[0] - 4), -1):
        if not seq.free(k):
            if k != named:
                break
            continue
        if seq.cue(k, "neg") and any(seq.items[k].text.split()[-1] in str(h.value).lower() for h in hits[0]):
            seq.use(k, "filter")  # "no suspect identified" is itself the stored value
            break
        if seq.cue(k, "neg") or (seq.cue(k, "cmp") and str(seq.cue(k, "cmp").argument) == "!="):  # type: ignore[union-attr]
            neg = True
            seq.use(k, "filter")
            break
        if not (seq.glue(k) or k == named):
            break
    after = group[-1] + 1
    if after < len(seq) and seq.items[after].text in ("除外", "以外", "之外", "外"):
        neg = True
        seq.use(after, "filter")
    joined = False
    for k in range(group[0], group[-1] + 1):
        if seq.cue(k, "versus", "than"):
            frame.compare = True
        joined = joined or seq.cue(k, "and") is not None
        if seq.free(k):
            seq.use(k, "filter")
    named_twice = {(h.column, str(h.value)) for g in hits for h in g}
    for other in frame.filters:
        if other.kind == "value" and len(other.hits) == len(hits) == 1:
            again = {(h.column, str(h.value)) for g in other.hits for h in g} & named_twice
            if again:  # 技术类(Technology): one value, said twice
                other.hits = [tuple(h for h in other.hits[0] if (h.column, str(h.value)) in again)]
                return
    lead = group[0] - 2 if group[0] > 1 and seq.items[group[0] - 1].text == "the" else group[0] - 1
    if seq.free(lead) and seq.items[lead].text == "by":
        seq.use(lead, "filter")  # "albums by Led Zeppelin": whose they are, no breakdown
    fn = "both" if len(hits) > 1 and not neg and _both(seq, group[0]) else "and" if joined else ""
    frame.filters.append(Filter("value", None, "!=" if neg else "=", hits=hits, neg=neg, at=group[0], fn=fn))


def _both(seq: Sequence, at: int) -> bool:
    """Whether all values of a list are asked for of one thing: "both X and Y", 同时买过, 既...又..."""
    k = next((k for k in range(at - 1, max(-1, at - 5), -1) if seq.cue(k, "both")), None)
    if k is None or len(seq.catalog.tables) < 2:
        return False
    if seq.free(k):
        seq.use(k, "filter")
    return True


def column_beside(seq: Sequence, first: int, last: int, columns: set[str]) -> int | None:
    """A header named next to its value: "the region East", "East region", 城市为北京."""
    for start, step in ((first, -1), (last, 1)):
        position = start + step
        for _ in range(3):
            if not 0 <= position < len(seq) or not seq.free(position):
                break
            ref = seq.ref(position, implied=True)
            thing = seq.items[position].get("table")
            rows = thing is not None and thing.score >= 0.85 and len(seq.catalog.tables) > 1
            if ref is not None and rows and ref.choices[0].fit < 0.8:
                break  # "invoices from Germany": the things, by a part of whose headers a column is called
            if ref is not None and {c.ref for c in ref.choices} & columns:
                asked = seq.cue(position - 1, "ask", "by") if position > 0 else None
                if (step == 1 and (asked or seq.cue(position, "by"))) or follows_by(seq, position):
                    break
                return position
            connective = seq.cue(position, "is", "stop", "whose", "neg") or (
                step == -1 and seq.items[position].text in ("of", "in", "from", "'s", "=", "=", "for", '"', "'", "by")  # noqa: E501
            ) or seq.items[position].text in ('"', "'")  # fmt: skip
            equal = seq.cue(position, "cmp")
            if not connective and not (equal and str(equal.argument) in ("=", "!=")):
                break
            if step == 1 and seq.items[position].text not in ('"', "'"):
                break
            position += step
    return None


def follows_by(seq: Sequence, at: int) -> bool:
    """Whether the item stands right after "by"."""
    return at > 0 and seq.free(at - 1) and seq.cue(at - 1, "by") is not None and seq.cue(at - 1, "is") is None
