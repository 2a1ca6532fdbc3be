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
    """The most telling of the reasons: the one furthest inside the plan, where a union tried every shape."""
    found = error.errors(include_url=False)
    chosen = max(found, key=lambda e: len(e["loc"]))
    unknown = [e for e in found if e["type"] == "extra_forbidden" and len(e["loc"]) == 1]
    chosen = unknown[0] if unknown else chosen
    place = ""
    for part in chosen["loc"]:
        if isinstance(part, int):
            place += f"[{part}]"
        elif not part[:1].isupper() and "[" not in part:
            place += f".{part}" if place else part
    return PlanError(
        f"The plan is not valid: {chosen['msg']}",
        code="bad_plan",
        at=place,
        received=repr(chosen.get("input"))[:200],
        next_step="See docs/plan.md for the form of a plan.",
    )
