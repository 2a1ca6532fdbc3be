"""Arrow streams, from files and from objects of this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.data.load.base import LoadedTable, Loading
from datalect.data.load.probe import probe
from datalect.data.load.shape import check_width, plain_columns, shape_of
from datalect.data.model import Problem
from datalect.data.quoting import relation
from datalect.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa


def load_arrow(loading: Loading, path: Path, name: str, label: str) -> LoadedTable:
    """Read an Arrow IPC file, Feather (version 2) or Arrow stream into ``source."<name>"``.

    Raises:
        SourceError: it is damaged.
    """
    import pyarrow as pa

    probe((path,), label, "Arrow")
    try:
        with pa.memory_map(str(path)) as mapped:
            return store_arrow(loading, _reader(mapped), name, label)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            f"{label} is damaged and cannot be read.",
            expected="a complete Arrow or Feather file",
            received=str(error).splitlines()[0][:200],
            next_step="export or copy the file again",
        ) from error


def _reader(mapped: Any) -> pa.RecordBatchReader:
    import pyarrow as pa

    if mapped.read(6) != b"ARROW1":
        mapped.seek(0)
        return pa.ipc.open_stream(mapped)
    mapped.seek(0)
    file = pa.ipc.open_file(mapped)

    def batches() -> Any:
        for index in range(file.num_record_batches):
            batch = file.get_batch(index)
            batch.validate()
            yield batch

    return pa.RecordBatchReader.from_batches(file.schema, batches())


def store_arrow(
    loading: Loading,
    reader: pa.RecordBatchReader,
    name: str,
    label: str,
    problems: tuple[Problem, ...] = (),
) -> LoadedTable:
    """Write what an Arrow reader brings into ``source."<name>"``, batch by batch."""
    check_width(loading, len(reader.schema), label)
    reader = _storable(reader)
    table, clash = loading.take_name(name)
    target = relation("source", table)
    loading.connection.register("datalect_arrow", reader.schema.empty_table())
    selected, changed = plain_columns(shape_of(loading, "datalect_arrow"))
    loading.connection.unregister("datalect_arrow")
    loading.progress.start(f"Reading {label}", None)
    loading.connection.register("datalect_arrow", _told(loading, reader))
    try:
        loading.connection.execute(f"CREATE TABLE {target} AS SELECT {selected} FROM datalect_arrow")
    finally:
        loading.connection.unregister("datalect_arrow")
        loading.progress.finish()
    return LoadedTable(
        name=table,
        rows=loading.count(table),
        source=label,
        problems=(*problems, *changed, *clash),
    )


def _told(loading: Loading, reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    import pyarrow as pa

    def batches() -> Any:
        for batch in reader:
            loading.progress.advance(batch.num_rows)
            yield batch

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _storable(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """The same stream with names that differ and without types DuckDB does not take."""
    import pyarrow as pa

    from datalect.data.dialect import unique_names

    schema = reader.schema
    names, _, _ = unique_names(schema.names)
    fields = []
    for name, field in zip(names, schema, strict=True):
        kind = field.type
        while isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        if pa.types.is_float16(kind):
            kind = pa.float32()
        elif pa.types.is_dictionary(kind):
            kind = kind.value_type
        fields.append(pa.field(name, kind))
    wanted = pa.schema(fields)
    if wanted.equals(schema):
        return reader

    def batches() -> Any:
        for batch in reader:
            arrays = []
            for array, field in zip(batch.columns, wanted, strict=True):
                plain = array
                while isinstance(plain, pa.ExtensionArray):
                    plain = plain.storage
                arrays.append(plain if plain.type.equals(field.type) else plain.cast(field.type))
            yield pa.RecordBatch.from_arrays(arrays, schema=wanted)

    return pa.RecordBatchReader.from_batches(wanted, batches())
