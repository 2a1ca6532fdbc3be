"""From items to a frame: the order in which the grammar is read."""

from __future__ import annotations

from datalect.planner.lexical.frame import Frame
from datalect.planner.lexical.order_value import read_order_value
from datalect.planner.lexical.parse_difference import implied_apart, read_apart
from datalect.planner.lexical.parse_filters import read_conditions
from datalect.planner.lexical.parse_groups import merge_time_groups, read_groups
from datalect.planner.lexical.parse_order import read_chart, read_limit, read_sort
from datalect.planner.lexical.parse_rank import rank_named, read_rank
from datalect.planner.lexical.parse_rest import leftover_superlative
from datalect.planner.lexical.parse_span import read_span
from datalect.planner.lexical.parse_wants import read_wants
from datalect.planner.lexical.per_unit import read_per_unit, read_weighted
from datalect.planner.lexical.revise import revise
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.lexical.ways import read_key_ways, read_ways


def parse(seq: Sequence) -> Frame:
    """Read a question once; every item gets at most one role."""
    frame = Frame()
    for at in range(len(seq)):
        text = seq.items[at].text
        if seq.cue(at, "list"):
            frame.listing = True
        if seq.cue(at, "ask") and (text.startswith(("which", "哪", "who")) or text.startswith("what kind")):
            frame.asks_which = True
        if seq.cue(at, "exists"):
            frame.asks_exists = True
        if seq.cue(at, "distinct"):
            frame.distinct = True
        if seq.cue(at, "whole") and seq.items[at].senses[0].kind == "cue":
            frame.listing = frame.whole = True
            seq.use(at, "list")
    read_chart(seq, frame)
    read_span(seq, frame)
    read_apart(seq, frame)
    read_order_value(seq, frame)
    read_weighted(seq, frame)
    read_per_unit(seq, frame)
    read_sort(seq, frame)
    read_limit(seq, frame)
    read_rank(seq, frame)
    read_conditions(seq, frame)
    read_ways(seq, frame)
    read_key_ways(seq, frame)
    implied_apart(seq, frame)
    rank_named(frame)
    read_groups(seq, frame)
    read_wants(seq, frame)
    leftover_superlative(seq, frame)
    merge_time_groups(seq, frame)
    revise(seq, frame)
    return frame
