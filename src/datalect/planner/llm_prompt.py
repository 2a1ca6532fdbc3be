"""What a language model is told: the task, the form of a plan, the tables and the question. Never a cell.

Without ``share_samples`` nothing that was read from a cell goes in: no values, no minimum or maximum, no
counts, no examples, no evidence, no order of categories, no aliases of values, no path of a file. What goes
in are names of tables and columns, their types and meanings, keys, and the user's own glossary.

Names of columns come from files other people made, so they too may try to give orders. They stand inside a
block whose end mark they cannot contain, written as JSON, and the model is told that the block is data.
Whatever it replies is parsed and checked as a plan; nothing else of the reply is used.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from datalect.answer.jsonable import jsonable

if TYPE_CHECKING:
    from datalect.data.model import Catalog, Column, Table
    from datalect.planner.base import Question

# Beyond this many columns the ones that share words with the question are kept, and the keys.
_MOST_COLUMNS = 400
_MOST_SAMPLES = 8
_LONGEST_TEXT = 200
_LONGEST_SAMPLE = 60

REFUSALS = ("not_in_tables", "not_expressible", "not_a_question", "unclear")


def reply_schema() -> dict[str, Any]:
    """JSON schema of a model's reply: readings with plans, or a refusal from a closed list."""
    from datalect.plan.model import Plan

    schema = _slim(Plan.model_json_schema(by_alias=True))
    definitions: dict[str, Any] = schema.pop("$defs")
    for unused in ("why", "open", "text", "version"):
        schema["properties"].pop(unused, None)
    definitions = {name: part for name, part in definitions.items() if name not in ("Open", "TextStage")}
    reading = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "plan": {"$ref": "#/$defs/Plan"},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["plan", "confidence"],
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "readings": {"type": "array", "maxItems": 3, "items": reading},
            "refusal": {"enum": [None, *REFUSALS]},
            "words": {"type": "array", "maxItems": 20, "items": {"type": "string"}},
        },
        "required": ["readings", "refusal", "words"],
        "$defs": {"Plan": schema, **definitions},
    }


def first_messages(
    question: Question, catalog: Catalog, *, share_samples: bool, previous: Mapping[str, Any] | None
) -> list[dict[str, str]]:
    """The conversation a question starts with: rules, then tables and question as data.

    Args:
        question: the question; its ``previous`` plan is ignored in favour of ``previous``.
        catalog: the tables.
        share_samples: whether frequent values, ranges and aliases of values may go in.
        previous: the plan before, for follow-ups, with every stored value replaced by a placeholder.
    """
    rules = files("datalect.planner").joinpath("llm_system.txt").read_text(encoding="utf-8")
    schema = json.dumps(reply_schema(), ensure_ascii=False, separators=(",", ":"))
    tables = catalog_data(catalog, question.text, share_samples=share_samples)
    parts = [_block("tables", tables)]
    if previous is not None:
        parts.append(_block("previous plan", previous))
        parts.append(
            "The question may follow up on the previous plan; then change only what it asks to change."
        )
    parts.append(_block("question", question.text))
    return [{"role": "system", "content": rules + schema}, {"role": "user", "content": "\n\n".join(parts)}]


def repair_message(fault: str) -> dict[str, str]:
    """What a model is told about a reply that was not accepted."""
    return {
        "role": "user",
        "content": "That reply was not accepted. "
        + _shown(fault[:2000])
        + "\nReply again with the whole corrected JSON object and nothing else.",
    }


def catalog_data(catalog: Catalog, question: str, *, share_samples: bool) -> dict[str, Any]:
    """The catalog as a model may see it."""
    visible = [column for table in catalog.tables for column in table.columns if not column.hidden]
    kept = {column.id for column in visible}
    if len(visible) > _MOST_COLUMNS:
        kept = _most_relevant(catalog, visible, question)
    data: dict[str, Any] = {
        "tables": [_table(table, kept, share_samples) for table in catalog.tables],
        "foreign_keys": [
            {
                "from": [f"{k.table}.{c}" for c in k.columns],
                "to": [f"{k.ref_table}.{c}" for c in k.ref_columns],
            }
            for k in catalog.foreign_keys
        ],
    }
    if catalog.metrics:
        data["metrics"] = [
            _without_empty(
                {
                    "metric": m.name,
                    "table": m.table,
                    "label": m.label,
                    "synonyms": list(m.synonyms),
                    "description": m.description[:_LONGEST_TEXT],
                    "unit": m.unit,
                }
            )
            for m in catalog.metrics
        ]
    if catalog.fiscal_year_start != 1:
        data["fiscal_year_starts_in_month"] = catalog.fiscal_year_start
    if len(kept) < len(visible):
        data["columns_left_out"] = len(visible) - len(kept)
    return data


def _table(table: Table, kept: set[str], share_samples: bool) -> dict[str, Any]:
    return _without_empty(
        {
            "table": table.name,
            "label": table.label,
            "description": table.description[:_LONGEST_TEXT],
            "synonyms": list(table.synonyms),
            "key": list(table.keys[0]) if table.keys else [],
            "columns": [_column(c, share_samples) for c in table.columns if c.id in kept],
        }
    )


def _column(column: Column, share_samples: bool) -> dict[str, Any]:
    meaning = column.meaning
    data: dict[str, Any] = {
        "column": column.name,
        # Without what stands in brackets: the type of an enumeration lists its values.
        "type": column.dtype.partition("(")[0],
        "meaning": meaning.type.value,
        "unit": meaning.unit,
        "currency": meaning.currency,
        "sum": "" if meaning.additivity.value == "additive" else f"{meaning.additivity.value}-additive",
        "label": column.label,
        "description": column.description[:_LONGEST_TEXT],
        "synonyms": list(column.synonyms),
    }
    if share_samples:
        profile = column.profile
        data |= {
            "values": [_sample(value) for value, _ in profile.values[:_MOST_SAMPLES]],
            "min": None if profile.minimum is None else _sample(profile.minimum),
            "max": None if profile.maximum is None else _sample(profile.maximum),
            "order": [_sample(value) for value in meaning.order],
            "value_aliases": {word: _sample(value) for word, value in column.value_aliases.items()},
        }
    return _without_empty(data)


def _sample(value: Any) -> Any:
    return value[:_LONGEST_SAMPLE] if isinstance(value, str) else jsonable(value)


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value not in (None, "", [], {})}


def _most_relevant(catalog: Catalog, columns: list[Column], question: str) -> set[str]:
    """Keys, and the columns whose names share most with the question; the file's order breaks ties."""
    from rapidfuzz.fuzz import partial_ratio

    keys = {f"{t.name}.{c}" for t in catalog.tables for key in t.keys[:1] for c in key}
    for foreign in catalog.foreign_keys:
        keys |= {f"{foreign.table}.{c}" for c in foreign.columns}
        keys |= {f"{foreign.ref_table}.{c}" for c in foreign.ref_columns}
    asked = unicodedata.normalize("NFKC", question).casefold()

    def likeness(column: Column) -> float:
        names = (column.name.replace("_", " "), column.label, *column.synonyms)
        return max(partial_ratio(unicodedata.normalize("NFKC", n).casefold(), asked) for n in names if n)

    ranked = sorted(columns, key=lambda c: (c.id not in keys, -likeness(c)))
    return {column.id for column in ranked[:_MOST_COLUMNS]}


def _block(name: str, content: Any) -> str:
    """Content as JSON between marks that it cannot contain: they carry a digest of it."""
    text = _shown(json.dumps(content, ensure_ascii=False))
    mark = f"{name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return f"[[begin {mark}]]\n{text}\n[[end {mark}]]"


def _shown(text: str) -> str:
    r"""Text in which characters that draw nothing stand as ``\uXXXX``, which JSON reads back unchanged."""
    return "".join(
        c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else _escape(c)
        for c in text
    )


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD800 + (code - 0x10000 >> 10):04x}\\u{0xDC00 + (code - 0x10000 & 0x3FF):04x}"


def _slim(schema: Any) -> Any:
    """A pydantic schema without what only costs tokens: titles, null alternatives, null defaults."""
    if isinstance(schema, list):
        return [_slim(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    slim = {
        key: _slim(part)
        for key, part in schema.items()
        if not (key == "title" and isinstance(part, str))
        and not (key == "default" and part in (None, [], {}))
    }
    options = [part for part in slim.get("anyOf", ()) if part != {"type": "null"}]
    if "anyOf" in slim and len(options) == 1:
        slim.pop("anyOf")
        slim = {**options[0], **slim}
    elif "anyOf" in slim:
        slim["anyOf"] = options
    if isinstance(slim.get("description"), str):
        slim["description"] = " ".join(slim["description"].replace("``", "").split())
    return slim
