"""Counting verdicts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from .case import Outcome
from .run import OFFERED, OFFERED_FIRST

VERDICTS = ("right", "wrong", "ambiguous", "refused", "failed")


def tally(outcomes: list[Outcome], openings: list[float]) -> dict[str, Any]:
    """All figures of a run, ready for JSON.

    ``wrong`` is the confidently wrong answer: something was answered, and it is not what was asked (or
    nothing should have been answered). ``failed`` is an error instead of an answer. ``held_back_of_rest`` is
    the share of "ambiguous" or "refused" among all questions that were not answered rightly.
    """
    counts = _counts(outcomes)
    seconds = sorted(o.seconds for o in outcomes if o.verdict != "failed")
    asked = [o for o in outcomes if o.case.status == "answered"]
    rest = len(outcomes) - counts["right"]
    figures: dict[str, Any] = {
        "questions": len(outcomes),
        **counts,
        "right_percent": _percent(counts["right"], len(outcomes)),
        "confidently_wrong_percent": _percent(counts["wrong"], len(outcomes)),
        "held_back_of_rest_percent": _percent(counts["ambiguous"] + counts["refused"], rest),
        "ambiguous_with_right_reading_first": sum(o.detail == OFFERED_FIRST for o in outcomes),
        "ambiguous_with_right_reading": sum(o.detail in (OFFERED, OFFERED_FIRST) for o in outcomes),
        "answerable": {"questions": len(asked), **_counts(asked)},
        "by_kind": _by(outcomes, lambda o: o.case.kind),
        "by_language": _by(outcomes, lambda o: o.case.language),
        "cpu_seconds_per_question": _mean(seconds),
        "cpu_seconds_median": seconds[len(seconds) // 2] if seconds else None,
        "cpu_seconds_per_opening": _mean(openings),
        "openings": len(openings),
    }
    charts = [o.chart_agrees for o in outcomes if o.chart_agrees is not None]
    if charts:
        figures["chart_type"] = {"compared": len(charts), "agree_percent": _percent(sum(charts), len(charts))}
    return figures


def _counts(outcomes: list[Outcome]) -> dict[str, int]:
    found = Counter(o.verdict for o in outcomes)
    return {verdict: found[verdict] for verdict in VERDICTS}


def _by(outcomes: list[Outcome], key: Callable[[Outcome], str]) -> dict[str, dict[str, int]]:
    parts: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        parts[key(outcome)].append(outcome)
    return {name: {"questions": len(part), **_counts(part)} for name, part in sorted(parts.items())}


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def table(figures: dict[str, Any]) -> str:
    """The figures as text for people."""
    total = figures["questions"]
    lines = [f"{total} questions"]
    for verdict in VERDICTS:
        share = _percent(figures[verdict], total)
        lines.append(f"  {verdict:<10}{figures[verdict]:>6}{'' if share is None else f'{share:7.1f} %'}")
    first, any_ = figures["ambiguous_with_right_reading_first"], figures["ambiguous_with_right_reading"]
    lines.append(f"  of the ambiguous, {any_} offer the right reading, {first} of them first")
    lines.append(f"  held back, of those not right: {figures['held_back_of_rest_percent']} %")
    if "chart_type" in figures:
        chart = figures["chart_type"]
        lines.append(f"  chart type as recorded: {chart['agree_percent']} % of {chart['compared']} answered")
    for name in ("by_language", "by_kind"):
        lines.append(f"{name.replace('_', ' '):<24}" + "".join(f"{v:>10}" for v in VERDICTS))
        for part, counts in figures[name].items():
            lines.append(f"  {part:<22}" + "".join(f"{counts[v]:>10}" for v in VERDICTS))
    lines.append(
        f"CPU: {figures['cpu_seconds_per_question']} s a question (median {figures['cpu_seconds_median']}), "
        f"{figures['cpu_seconds_per_opening']} s an opening ({figures['openings']} openings)"
    )
    return "\n".join(lines)


def markdown(figures: dict[str, Any]) -> str:
    """The figures as one row of the table in ``docs/questions.md``."""
    total = figures["questions"]
    shares = [f"{_percent(figures[v], total)} %" for v in VERDICTS]
    cells = [
        f"{figures['set']} {figures['split']}",
        str(total),
        *shares,
        f"{figures['held_back_of_rest_percent']} %",
        f"{figures['cpu_seconds_per_question']} s",
        f"{figures['cpu_seconds_per_opening']} s",
    ]
    return f"| {' | '.join(cells)} |"
