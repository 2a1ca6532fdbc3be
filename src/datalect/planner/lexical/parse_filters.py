"""Conditions: the order they are read in, comparisons and ranges."""

from __future__ import annotations

from datalect.planner.lexical.alternatives import merge_alternatives
from datalect.planner.lexical.frame import Frame
from datalect.planner.lexical.parse_comparisons import read_comparisons, read_odd_time, read_than
from datalect.planner.lexical.parse_equalities import read_equalities
from datalect.planner.lexical.parse_gaps import (
    read_gaps,
    read_has_not,
    read_judgements,
    read_null,
    read_signs,
    read_text,
)
from datalect.planner.lexical.parse_partners import (
    read_never,
    read_none,
    read_partner_counts,
    read_relatives,
)
from datalect.planner.lexical.parse_ranges import read_between
from datalect.planner.lexical.parse_states import read_states
from datalect.planner.lexical.parse_times import read_parts, read_times
from datalect.planner.lexical.parse_values import read_values
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.lexical.sides import mark_sides


def read_conditions(seq: Sequence, frame: Frame) -> None:
    """Read all conditions, the most specific forms first."""
    read_states(seq, frame)
    if len(seq.catalog.tables) > 1:
        read_relatives(seq, frame)
        read_none(seq, frame)
        read_has_not(seq, frame)
        read_never(seq, frame)
        read_partner_counts(seq, frame)
    read_null(seq, frame)
    read_judgements(seq, frame)
    read_signs(seq, frame)
    read_gaps(seq, frame)
    read_text(seq, frame)
    read_between(seq, frame)
    read_odd_time(seq, frame)
    read_comparisons(seq, frame)
    read_than(seq, frame)
    read_values(seq, frame)
    read_parts(seq, frame)
    read_times(seq, frame)
    mark_sides(seq, frame)
    read_equalities(seq, frame)
    merge_alternatives(frame)
