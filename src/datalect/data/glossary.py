"""What a user adds about the data: synonyms, labels, metrics, hidden columns, value aliases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Glossary:
    """A user's glossary."""
