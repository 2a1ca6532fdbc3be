"""Names of output columns: unique for the engine, readable for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from datalect.data.model import Catalog
from datalect.errors import PlanError
from datalect.plan.model import Breakdown, Measure, Step
from datalect.plan.names import Names


def unique_names(names: Sequence[str], explicit: Sequence[bool], at: str) -> list[str]:
    """Output names made unique without regard to case; those that were written stay as they are.

    Raises:
        PlanError: ``duplicate_name`` or ``bad_name``.
    """
    taken: set[str] = set()
    for name, fixed in zip(names, explicit, strict=True):
        _refuse_control(name, at)
        if fixed:
            if name.casefold() in taken:
                raise PlanError(
                    f'Two outputs are called "{name}".',
                    code="duplicate_name",
                    at=at,
                    next_step='Give each its own "as".',
                )
            taken.add(name.casefold())
    result = []
    for name, fixed in zip(names, explicit, strict=True):
        if not fixed:
            name = _free(name, taken)
            taken.add(name.casefold())
        result.append(name)
    return result


def _free(name: str, taken: set[str]) -> str:
    if name.casefold() not in taken:
        return name
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    return f"{name}_{number}"


def _refuse_control(name: str, at: str) -> None:
    if any(unicodedata.category(letter) == "Cc" for letter in name):
        raise PlanError(
            "A name holds control characters.",
            code="bad_name",
            at=at,
            expected="letters, digits and ordinary signs",
            received=repr(name),
        )


class Labels:
    """Names of output columns for people, in both languages.

    What a person or a planner named stays named so; the rest is described.
    """

    def __init__(self, catalog: Catalog, names: Names) -> None:
        from datalect.plan.phrases_en import English
        from datalect.plan.phrases_zh import Chinese

        self._catalog = catalog
        moment = catalog.as_of or datetime.now().replace(microsecond=0)
        self._english = English(catalog, names, moment)
        self._chinese = Chinese(catalog, names, moment)

    def measure(self, node: Measure, base: str, given: str | None) -> tuple[str, str]:
        """A measure: the metric's label, the name it was given, or what it computes."""
        metric = None if given is None else self._catalog.metric(given)
        if metric is not None:
            return self._english.label(metric), self._chinese.label(metric)
        if given is not None:
            return _spoken(given)
        return self._english.measure(node, base), self._chinese.measure(node, base)

    def breakdown(self, node: Breakdown, base: str, given: str | None) -> tuple[str, str]:
        """A breakdown."""
        if given is not None:
            return _spoken(given)
        return self._english.breakdown(node, base), self._chinese.breakdown(node, base)

    def item(self, expr: Any, base: str, given: str | None) -> tuple[str, str]:
        """A column of a row list."""
        if given is not None:
            return _spoken(given)
        return self._english.expression(expr, base), self._chinese.expression(expr, base)

    def step(self, step: Step, outputs: Sequence[tuple[str, str, str]], given: str | None) -> tuple[str, str]:
        """A derived column; ``outputs`` are name, English and Chinese label of the columns before it."""
        if given is not None:
            return _spoken(given)
        english = replace(self._english, outputs={name: en for name, en, _ in outputs})
        chinese = replace(self._chinese, outputs={name: zh for name, _, zh in outputs})
        return english.step(step).removeprefix("the "), chinese.step(step)


def given_name(written: str | None, automatic: str, base: str) -> str | None:
    """The name somebody chose, or None when it is only what the plan is called by itself."""
    if written is None or written in (automatic, automatic.replace(f"{base}.", "")):
        return None
    return written


def _spoken(name: str) -> tuple[str, str]:
    text = name.replace("_", " ").strip() or name
    return text, text
