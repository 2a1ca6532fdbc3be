"""How likely the best reading is right: a logistic curve over what was left over and what it was chosen from.

The coefficients in ``confidence.json`` are fitted by ``recipes/lexical_confidence.py`` on public training
questions and the project's own development questions; nothing in them depends on a table or a word.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence as Several
from functools import cache
from importlib.resources import files
from typing import Any

from datalect.planner.lexical.audit import lapses
from datalect.planner.lexical.frame import Frame
from datalect.planner.lexical.readings import Candidate
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.linking.text import Normalised

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SCALES = (1.0, 1e2, 1e3, 1e4, 1e6, 1e8, 1e9, 1e-2)


def features(
    found: Several[Candidate], frame: Frame, seq: Sequence, question: Normalised, cover: float, language: str
) -> dict[str, float]:
    """What the probability depends on.

    Args:
        found: candidates, best first; at least one.
        frame: what the question was parsed to.
        seq: its items.
        question: its normalised text.
        cover: share of the question's words that went into the plan, 0..1.
        language: ``en`` or ``zh``.
    """
    best = found[0]
    body = {k: v for k, v in best.plan.to_json().items() if k not in ("why", "open", "task", "show")}
    runner_up = found[1].score / best.score if len(found) > 1 and best.score > 0 else 0.0
    nouns = sum(seq.roles[at] == "noun" for at in set(frame.unknown))
    weakest = min(
        (max((h.score for g in f.hits for h in g), default=1.0) for f in frame.filters), default=1.0
    )
    tests = len(body.get("where", [])) + sum(len(_tests(m)) for m in body.get("get", []))
    bare = not (tests or body.get("by") or body.get("list"))
    tables = {t.name for t in seq.catalog.tables if f'"{t.name}.' in json.dumps(body, ensure_ascii=False)}
    return {
        "score": math.log(max(best.score, 1e-3)),
        "cover": math.log(max(cover, 1e-3)),
        "unused": float(min(3, len(set(frame.unknown)) - nouns)),
        "unused_nouns": float(min(3, nouns)),
        "numbers_lost": float(min(2, _numbers_lost(question, body))),
        "runner_up": runner_up,
        "rivals": float(sum(c.score >= 0.8 * best.score for c in found[1:])),
        "guesses": float(min(3, best.guesses)),
        "weakest_value": 1.0 - weakest,
        "tests_lost": float(max(0, min(2, len(frame.filters) - tests))),
        "bare": float(bare),
        "listed": float("list" in body),
        "steps": float(bool(body.get("then") or body.get("keep"))),
        "joins": float(max(0, len(tables) - 1)),
        "many_tables": math.log(len(seq.catalog.tables)),
        "chinese": float(language == "zh"),
        "length": math.log(1 + sum(not seq.glue(at) for at in range(len(seq)))),
        **lapses(best.plan, seq, question),
    }


def probability(values: dict[str, float]) -> float:
    """Probability that the best reading is right, 0..1."""
    weights = _weights()
    total = weights["bias"] + sum(weights.get(name, 0.0) * value for name, value in values.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def _weights() -> dict[str, float]:
    text = files("datalect.planner.lexical").joinpath("confidence.json").read_text(encoding="utf-8")
    weights: dict[str, float] = json.loads(text)["weights"]
    return weights


def _tests(measure: dict[str, Any]) -> list[Any]:
    own: list[Any] = list(measure.get("where", []))
    for part in ("num", "den", "of"):
        if isinstance(measure.get(part), dict):
            own += _tests(measure[part])
    return own


def _numbers_lost(question: Normalised, body: dict[str, Any]) -> int:
    """Numbers written in the question that are nowhere in the plan, whatever unit they were read in."""
    there = {float(n) for n in _NUMBER.findall(json.dumps(body, ensure_ascii=False))}
    asked = {float(n) for n in _NUMBER.findall(question.text)}
    return sum(not any(n * scale in there for scale in _SCALES) for n in asked)
