"""Tables that already are in this process: pandas, polars, pyarrow and anything with an Arrow stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datalect.data.load.arrow import store_arrow
from datalect.data.load.base import LoadedTable, Loading
from datalect.data.model import Problem
from datalect.data.sources import Source
from datalect.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa


def load_object(loading: Loading, source: Source) -> LoadedTable:
    """Write an object into ``source."<name>"``, batch by batch over the Arrow PyCapsule interface.

    Raises:
        SourceError: it is no table, or cannot be turned into Arrow.
    """
    import pyarrow as pa

    try:
        reader, problems = _reader(source.value)
        return store_arrow(loading, reader, source.name, source.label, problems)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise SourceError(
            f"{source.label} cannot be read as a table.".capitalize(),
            expected="columns of numbers, text, dates or booleans",
            received=str(error).splitlines()[0][:200] if str(error) else type(error).__name__,
            next_step="convert columns of mixed types to text first",
        ) from error


def _reader(value: Any) -> tuple[pa.RecordBatchReader, tuple[Problem, ...]]:
    import pyarrow as pa

    if isinstance(value, list):
        return pa.Table.from_pylist(value).to_reader(), ()
    if type(value).__module__.partition(".")[0] == "pandas":
        return _from_pandas(value)
    if hasattr(value, "collect_schema") and hasattr(value, "collect"):
        value = value.collect()
    return pa.RecordBatchReader.from_stream(value), ()


def _from_pandas(frame: Any) -> tuple[pa.RecordBatchReader, tuple[Problem, ...]]:
    """A data frame; an index that says something becomes columns, mixed object columns become text."""
    import pyarrow as pa

    problems: list[Problem] = []
    if frame.ndim == 1:
        frame = frame.to_frame()
    index = frame.index
    if index.nlevels > 1 or index.name is not None or str(index.dtype) != "int64":
        frame = frame.reset_index()
    frame = frame.copy(deep=False)
    frame.columns = [
        ".".join(str(part) for part in column) if isinstance(column, tuple) else str(column)
        for column in frame.columns
    ]
    arrays = []
    for position, name in enumerate(frame.columns):
        series = frame.iloc[:, position]
        try:
            arrays.append(pa.array(series, from_pandas=True))
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            arrays.append(pa.array([None if _missing(v) else str(v) for v in series], pa.string()))
            problems.append(
                Problem(
                    kind="mixed_types",
                    severity="info",
                    message="The column holds values of several types and is kept as text.",
                    column=name,
                )
            )
    plain = [a.combine_chunks() if isinstance(a, pa.ChunkedArray) else a for a in arrays]
    return pa.Table.from_arrays(plain, names=list(frame.columns)).to_reader(100_000), tuple(problems)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)
