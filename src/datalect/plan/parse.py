"""Reading plans from JSON that nobody vouches for."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from datalect.errors import PlanError
from datalect.plan.model import Plan

MAX_CHARACTERS = 200_000
MAX_DEPTH = 40


def parse_plan(data: str | bytes | dict[str, Any]) -> Plan:
    """A plan from JSON text or plain data.

    Raises:
        PlanError: ``bad_plan`` with the place and the reason.
    """
    if isinstance(data, (str, bytes)):
        data = _read(data)
    if not isinstance(data, dict):
        raise PlanError(
            "A plan is a JSON object.", code="bad_plan", expected="an object", received=type(data).__name__
        )
    if _depth(data) > MAX_DEPTH:
        raise PlanError(
            "The plan is nested too deeply.", code="too_deep", expected=f"at most {MAX_DEPTH} levels"
        )
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        raise _explained(error) from None


def _read(text: str | bytes) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise PlanError(
            "The plan is too long.",
            code="bad_plan",
            expected=f"at most {MAX_CHARACTERS:,} characters",
            received=f"{len(text):,}",
        )
    try:
        return json.loads(text)
    except RecursionError as error:
        raise PlanError(
            "The plan is nested too deeply.", code="too_deep", expected=f"at most {MAX_DEPTH} levels"
        ) from error
    except ValueError as error:  # covers JSON syntax and undecodable bytes
        raise PlanError(
            f"The plan is no JSON: {error}",
            code="bad_plan",
            expected="one JSON object",
            received=repr(text[:80]),
        ) from error


def _depth(data: Any) -> int:
    """Nesting depth, found without recursion."""
    deepest, open_parts = 0, [(data, 1)]
    while open_parts:
        part, depth = open_parts.pop()
        deepest = max(deepest, depth)
        if isinstance(part, dict):
            open_parts += [(value, depth + 1) for value in part.values()]
        elif isinstance(part, list):
            open_parts += [(value, depth + 1) for value in part]
    return deepest


def _explained(error: ValidationError) -> PlanError:
    """The reason that says most: where a part could have several shapes, the shape it comes nearest to."""
    found = error.errors(include_url=False)
    shapes: dict[tuple[Any, ...], list[Any]] = {}
    for entry in found:
        shapes.setdefault(_shape(entry["loc"]), []).append(entry)
    chosen = min(shapes.values(), key=lambda tried: (len(tried), tried[0]["type"] == "extra_forbidden"))[0]
    place = ""
    for part in chosen["loc"]:
        if isinstance(part, int):
            place += f"[{part}]"
        elif not _names_a_shape(part):
            place += f".{part}" if place else part
    return PlanError(
        f"The plan is not valid: {chosen['msg'].removeprefix('Value error, ')}.",
        code="bad_plan",
        at=place,
        received=repr(chosen.get("input"))[:200],
        next_step="See docs/plan.md for the form of a plan.",
    )


def _names_a_shape(part: str) -> bool:
    """Whether a part of an error's place is the name of a class or type rather than of a field."""
    return part[:1].isupper() or "[" in part or part in ("str", "int", "float", "bool")


def _shape(place: tuple[Any, ...]) -> tuple[Any, ...]:
    """The place up to the last class that was tried there."""
    last = max(
        (i for i, part in enumerate(place) if isinstance(part, str) and _names_a_shape(part)), default=-1
    )
    return place[: last + 1]
