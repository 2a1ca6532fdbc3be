"""What a result shows, as facts that words and the verifier stand on."""

from __future__ import annotations

from dataclasses import dataclass

from datalect.answer.model import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSet:
    """All facts of one answer."""

    items: tuple[Fact, ...] = ()
