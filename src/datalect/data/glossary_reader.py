"""Reading glossary YAML node by node, so that every complaint can name its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from datalect.data.glossary import ColumnEntry, Glossary, KeyEntry, MetricEntry, TableEntry
from datalect.data.model import Additivity, SemanticType
from datalect.errors import UsageError

MAX_DEPTH = 12
_FORMATS = ("percent", "money", "number", "")


def nearest(word: str, known: Iterable[str]) -> str:
    """A next step that names the closest known words."""
    names = list(known)
    close = get_close_matches(word, names, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Known are: {', '.join(names[:12])}{' ...' if len(names) > 12 else ''}."


class Reader:
    """Turns YAML nodes into entries and points at the line that is wrong."""

    def __init__(self, source: str) -> None:
        self._source = source

    def _fail(
        self, node: Any, what: str, *, expected: str = "", received: str = "", step: str = ""
    ) -> UsageError:
        line = node.start_mark.line + 1
        return UsageError(
            f"{self._source}, line {line}: {what}",
            expected=expected,
            received=received,
            next_step=step or "Correct that line; docs/glossary.md shows the form.",
        )

    def glossary(self, text: str) -> Glossary:
        """The glossary that YAML text holds; raises UsageError with the line where it has another form."""
        root = self._compose(text)
        if root is None:
            return Glossary(source=self._source)
        top = self._fields(root, "the glossary", ("tables", "metrics", "foreign_keys", "fiscal_year_start"))
        month = self._value(top["fiscal_year_start"]) if "fiscal_year_start" in top else 1
        if not isinstance(month, int) or isinstance(month, bool) or not 1 <= month <= 12:
            raise self._fail(
                top["fiscal_year_start"],
                "that is no month.",
                expected="a number from 1 to 12",
                received=str(month),
            )
        tables = {name: self._table(name, node) for name, node in self._named(top.get("tables"), "tables")}
        metrics = {
            name: self._metric(name, node) for name, node in self._named(top.get("metrics"), "metrics")
        }
        return Glossary(
            source=self._source,
            tables=tables,
            metrics=metrics,
            foreign_keys=tuple(self._key(node) for node in self._items(top.get("foreign_keys"))),
            fiscal_year_start=month,
        )

    def _compose(self, text: str) -> Any:
        import yaml

        try:
            depth = 0
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                    raise self._fail(event, "anchors and aliases (& and *) are not allowed.")
                if getattr(event, "tag", None):
                    raise self._fail(event, "tags (such as !!name) are not allowed.")
                opens = isinstance(event, yaml.CollectionStartEvent)
                depth += opens - isinstance(event, yaml.CollectionEndEvent)
                if depth > MAX_DEPTH:
                    raise self._fail(event, "this is nested too deeply.")
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark is not None else ""
            raise UsageError(
                f"{self._source}{where}: this is not valid YAML.",
                expected="YAML, as in docs/glossary.md",
                received=str(getattr(error, "problem", None) or error).splitlines()[0],
                next_step="Check indentation, colons and quotes on that line.",
            ) from error

    def _pairs(self, node: Any, what: str) -> Iterator[tuple[str, Any, Any]]:
        import yaml

        if not isinstance(node, yaml.MappingNode):
            raise self._fail(node, f"{what} must be written as `name: ...` lines.", received=_kind(node))
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._fail(key, "a name must be a plain word.")
            if key.value in seen:
                raise self._fail(key, f"{key.value!r} stands here twice.", step="Join the two entries.")
            seen.add(key.value)
            yield key.value, key, value

    def _fields(self, node: Any, what: str, known: tuple[str, ...]) -> dict[str, Any]:
        found = {}
        for name, key, value in self._pairs(node, what):
            if name not in known:
                raise self._fail(
                    key,
                    f"{name!r} is no setting of {what}.",
                    expected=", ".join(known),
                    received=name,
                    step=nearest(name, known),
                )
            found[name] = value
        return found

    def _named(self, node: Any, what: str) -> Iterator[tuple[str, Any]]:
        if node is not None and not _is_empty(node):
            for name, _, value in self._pairs(node, what):
                yield name, value

    def _items(self, node: Any) -> list[Any]:
        import yaml

        if node is None or _is_empty(node):
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self._fail(node, "a list is expected here.", expected="lines that start with `- `")
        return list(node.value)

    def _value(self, node: Any) -> Any:
        import yaml

        if not isinstance(node, yaml.ScalarNode):
            raise self._fail(node, "a single value is expected here.", received=_kind(node))
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            raise self._fail(node, "this value cannot be read.", received=str(node.value)) from error
        finally:
            loader.dispose()

    def _text(self, fields: dict[str, Any], name: str) -> str:
        if name not in fields or _is_empty(fields[name]):
            return ""
        self._value(fields[name])  # refuses lists and mappings
        return str(fields[name].value).strip()

    def _words(self, fields: dict[str, Any], name: str) -> tuple[str, ...]:
        """A word, a list of words, or lists by language: ``{en: [...], zh: [...]}``."""
        import yaml

        node = fields.get(name)
        if node is None or _is_empty(node):
            return ()
        if isinstance(node, yaml.MappingNode):
            by_language = self._fields(node, name, ("en", "zh"))
            return tuple(w for key in by_language for w in self._words(by_language, key))
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        words = []
        for item in nodes:
            self._value(item)
            words.append(str(item.value).strip())
        return tuple(dict.fromkeys(w for w in words if w))

    def _choice(self, fields: dict[str, Any], name: str, known: tuple[str, ...]) -> str:
        text = self._text(fields, name)
        if text and text not in known:
            raise self._fail(
                fields[name],
                f"{text!r} is no known {name}.",
                expected=", ".join(k for k in known if k),
                received=text,
                step=nearest(text, known),
            )
        return text

    def _flag(self, fields: dict[str, Any], name: str) -> bool:
        if name not in fields:
            return False
        value = self._value(fields[name])
        if not isinstance(value, bool):
            raise self._fail(fields[name], f"{name} is true or false.", received=str(value))
        return value

    def _table(self, name: str, node: Any) -> TableEntry:
        line = node.start_mark.line + 1
        if _is_empty(node):
            return TableEntry(line=line)
        fields = self._fields(node, f"table {name}", ("label", "description", "synonyms", "columns"))
        return TableEntry(
            line=line,
            label=self._text(fields, "label"),
            description=self._text(fields, "description"),
            synonyms=self._words(fields, "synonyms"),
            columns={n: self._column(n, c) for n, c in self._named(fields.get("columns"), "columns")},
        )

    def _column(self, name: str, node: Any) -> ColumnEntry:
        known = "label description synonyms unit currency type additivity order hidden values".split()
        line = node.start_mark.line + 1
        if _is_empty(node):
            return ColumnEntry(line=line)
        fields = self._fields(node, f"column {name}", tuple(known))
        kind = self._choice(fields, "type", tuple(t.value for t in SemanticType))
        additivity = self._choice(fields, "additivity", tuple(a.value for a in Additivity))
        return ColumnEntry(
            line=line,
            label=self._text(fields, "label"),
            description=self._text(fields, "description"),
            synonyms=self._words(fields, "synonyms"),
            unit=self._text(fields, "unit") or None,
            currency=self._text(fields, "currency") or None,
            type=SemanticType(kind) if kind else None,
            additivity=Additivity(additivity) if additivity else None,
            order=tuple(self._value(item) for item in self._items(fields.get("order"))),
            hidden=self._flag(fields, "hidden"),
            values={word: self._value(v) for word, v in self._named(fields.get("values"), "values")},
        )

    def _metric(self, name: str, node: Any) -> MetricEntry:
        known = ("expression", "measure", "table", "label", "description", "synonyms", "unit", "format")
        fields = self._fields(node, f"metric {name}", known)
        given = [f for f in ("expression", "measure") if f in fields]
        if len(given) != 1:
            raise self._fail(
                node,
                f"metric {name} needs an expression or a measure.",
                expected="expression: sum(profit) / sum(sales)",
            )
        return MetricEntry(
            line=fields[given[0]].start_mark.line + 1,
            expression=self._text(fields, "expression")
            if given[0] == "expression"
            else self._plain(fields["measure"]),
            table=self._text(fields, "table"),
            label=self._text(fields, "label"),
            description=self._text(fields, "description"),
            synonyms=self._words(fields, "synonyms"),
            unit=self._text(fields, "unit") or None,
            format=self._choice(fields, "format", _FORMATS),
        )

    def _plain(self, node: Any) -> Any:
        import yaml

        if isinstance(node, yaml.MappingNode):
            return {name: self._plain(value) for name, _, value in self._pairs(node, "a measure")}
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item) for item in node.value]
        return self._value(node)

    def _key(self, node: Any) -> KeyEntry:
        fields = self._fields(node, "a foreign key", ("from", "to"))
        for end in ("from", "to"):
            if end not in fields:
                raise self._fail(node, f"a foreign key needs {end!r}.", expected="from: orders.customer_id")
        table, columns = self._ends(fields, "from")
        ref_table, ref_columns = self._ends(fields, "to")
        if len(columns) != len(ref_columns):
            raise self._fail(node, "both ends of a foreign key need the same number of columns.")
        return KeyEntry(
            line=node.start_mark.line + 1,
            table=table,
            columns=columns,
            ref_table=ref_table,
            ref_columns=ref_columns,
        )

    def _ends(self, fields: dict[str, Any], end: str) -> tuple[str, tuple[str, ...]]:
        words = self._words(fields, end)
        pairs = [tuple(word.rsplit(".", 1)) for word in words]
        if not pairs or any(len(p) != 2 for p in pairs) or len({p[0] for p in pairs}) != 1:
            raise self._fail(
                fields[end], "an end of a foreign key is table.column.", expected="orders.customer_id"
            )
        return pairs[0][0], tuple(p[1] for p in pairs)


def _is_empty(node: Any) -> bool:
    return getattr(node, "tag", "") == "tag:yaml.org,2002:null"


def _kind(node: Any) -> str:
    return {"SequenceNode": "a list", "MappingNode": "a group of settings"}.get(
        type(node).__name__, str(node.value)
    )
