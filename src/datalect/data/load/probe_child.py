"""The process that reads foreign Parquet and Arrow files: a plain script without imports of this package."""

from __future__ import annotations

import json
import sys


def _read_parquet(paths: list[str], *, whole: bool) -> None:
    import duckdb

    connection = duckdb.connect(config={"threads": 1, "memory_limit": "1GB"})
    for path in paths:
        pattern = "".join(f"[{c}]" if c in "*?[" else c for c in path)
        groups = connection.execute(
            "SELECT count(DISTINCT row_group_id), max(row_group_id) FROM parquet_metadata(?)", [pattern]
        ).fetchone()
        names = [row[0] for row in connection.execute("DESCRIBE FROM read_parquet(?)", [pattern]).fetchall()]
        quoted = ", ".join('count("' + name.replace('"', '""') + '")' for name in names)
        many = groups is not None and (groups[0] or 0) > 2
        if whole or not many:
            connection.execute(f"SELECT {quoted} FROM read_parquet(?)", [pattern]).fetchone()
        else:
            connection.execute(
                f"SELECT {quoted} FROM (FROM read_parquet(?) LIMIT 1000)", [pattern]
            ).fetchone()


def _read_arrow(paths: list[str], *, whole: bool) -> None:
    import pyarrow as pa

    for path in paths:
        with pa.memory_map(path) as mapped:
            if mapped.read(6) != b"ARROW1":
                mapped.seek(0)
                for number, batch in enumerate(pa.ipc.open_stream(mapped)):
                    batch.validate(full=True)
                    if number and not whole:
                        break
                continue
            mapped.seek(0)
            file = pa.ipc.open_file(mapped)
            last = file.num_record_batches - 1
            for index in range(last + 1) if whole or last < 1 else (0, last):
                file.get_batch(index).validate(full=True)


def _main() -> int:
    request = json.loads(sys.stdin.read())
    try:
        read = _read_arrow if request["kind"] == "Arrow" else _read_parquet
        read(request["paths"], whole=request["whole"])
    except Exception as error:  # whatever it is, the parent tells it in one line
        sys.stderr.write(" ".join(str(error).split())[:500] + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
