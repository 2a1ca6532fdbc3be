"""What a user adds about the data: labels, synonyms, metrics, hidden columns, value aliases, keys.

The file is YAML; ``docs/glossary.md`` describes it. Reading it builds nothing but plain values, refuses
anchors and aliases, and every error names the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datalect.data.model import Additivity, SemanticType
from datalect.errors import UsageError

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEntry:
    """What the glossary says about one column; empty fields say nothing."""

    line: int
    label: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    unit: str | None = None
    currency: str | None = None
    type: SemanticType | None = None
    additivity: Additivity | None = None
    order: tuple[Any, ...] = ()
    hidden: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    """What the glossary says about one table."""

    line: int
    label: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    columns: Mapping[str, ColumnEntry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEntry:
    """A metric as written: a short expression or a measure as plan JSON."""

    line: int
    expression: str | Mapping[str, Any]
    table: str = ""
    label: str = ""
    description: str = ""
    synonyms: tuple[str, ...] = ()
    unit: str | None = None
    format: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A foreign key as written: ``orders.customer_id`` to ``customers.id``."""

    line: int
    table: str
    columns: tuple[str, ...]
    ref_table: str
    ref_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glossary:
    """A user's glossary, checked for form; names are checked against a catalog when it is applied.

    Attributes:
        source: where it was read from, for messages.
        fiscal_year_start: first month of the fiscal year, 1..12.
    """

    source: str = "glossary"
    tables: Mapping[str, TableEntry] = field(default_factory=dict)
    metrics: Mapping[str, MetricEntry] = field(default_factory=dict)
    foreign_keys: tuple[KeyEntry, ...] = ()
    fiscal_year_start: int = 1

    @classmethod
    def read(cls, path: str | Path) -> Glossary:
        """Read a glossary file.

        Raises:
            UsageError: it cannot be read, is not YAML of the right form, or is too large.
        """
        file = Path(path)
        try:
            size = file.stat().st_size
            if size > MAX_BYTES:
                raise UsageError(
                    f"The glossary {file.name} is too large.",
                    expected=f"at most {MAX_BYTES:,} bytes",
                    received=f"{size:,} bytes",
                    next_step="Keep only what questions need.",
                )
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The glossary {file.name} cannot be read.",
                expected="a YAML file in UTF-8",
                received=str(getattr(error, "strerror", None) or error),
                next_step="Check the path and the encoding.",
            ) from error
        return cls.parse(text, source=file.name)

    @classmethod
    def parse(cls, text: str, *, source: str = "glossary") -> Glossary:
        """Read a glossary from YAML text."""
        from datalect.data.glossary_reader import Reader

        return Reader(source).glossary(text)
