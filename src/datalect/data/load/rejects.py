"""Rows that did not fit, kept aside where they can be read."""

from __future__ import annotations

from dataclasses import dataclass

from datalect.data.load.base import Loading
from datalect.data.model import Problem
from datalect.data.quoting import relation

_SHOWN = 5
_SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is not in the table.

    Attributes:
        line: line number in the source, 0 when unknown.
        text: the row as it was written.
        error: why it is not in the table.
        kind: the kind of problem it is reported as.
    """

    line: int
    text: str
    error: str
    kind: str = "ragged_rows"


_MESSAGES = {
    "ragged_rows": "Rows that could not be split into the columns were kept aside",
    "total_rows": "Rows that repeat the total of the rows above were kept aside",
    "invalid_records": "Records that are not valid were kept aside",
}


def keep_rejected(loading: Loading, name: str, rejected: list[Rejected]) -> tuple[str, list[Problem]]:
    """Store rejected rows as ``source."<name>__rejected"`` and tell of them.

    Returns:
        The name of that table ("" when nothing was rejected) and one problem for each kind.
    """
    if not rejected:
        return "", []
    import pyarrow as pa

    table, _ = loading.take_name(f"{name}__rejected")
    batch = pa.table(
        {
            "line": pa.array([r.line or None for r in rejected], pa.int64()),
            "error": pa.array([r.error for r in rejected], pa.string()),
            "text": pa.array([r.text for r in rejected], pa.string()),
        }
    )
    loading.connection.register("datalect_rejected", batch)
    loading.connection.execute(f"CREATE TABLE {relation('source', table)} AS SELECT * FROM datalect_rejected")
    loading.connection.unregister("datalect_rejected")
    problems = []
    for kind, message in _MESSAGES.items():
        group = [r for r in rejected if r.kind == kind]
        if group:
            problems.append(
                Problem(
                    kind=kind,
                    severity="warning",
                    message=f'{message} in source."{table}".',
                    count=len(group),
                    examples=tuple(_shown(r) for r in group[:_SHOWN]),
                )
            )
    return table, problems


def _shown(rejected: Rejected) -> str:
    text = " ".join(rejected.text.split())
    if len(text) > _SHOWN_CHARACTERS:
        text = text[:_SHOWN_CHARACTERS] + " ..."
    where = f"line {rejected.line}: " if rejected.line else ""
    return f"{where}{rejected.error}: {text}"
