"""What to show and how to group it: breakdowns, aggregates, counts, derived figures, plain columns."""

from __future__ import annotations

from datalect.planner.lexical.frame import Frame
from datalect.planner.lexical.parse_aggregates import read_aggregates, read_late_aggregates, read_ratio
from datalect.planner.lexical.parse_counts import read_counts
from datalect.planner.lexical.parse_rest import read_flags, read_rest
from datalect.planner.lexical.parse_steps import (
    read_average_of_totals,
    read_intervals,
    read_steps,
    read_two_level,
)
from datalect.planner.lexical.sequence import Sequence


def read_wants(seq: Sequence, frame: Frame) -> None:
    """Read derived figures, aggregates and counts, then what is left over."""
    read_ratio(seq, frame)
    read_steps(seq, frame)
    read_intervals(seq, frame)
    read_two_level(seq, frame)
    read_average_of_totals(seq, frame)
    read_aggregates(seq, frame)
    read_counts(seq, frame)
    read_late_aggregates(seq, frame)
    read_flags(seq, frame)
    read_rest(seq, frame)
