"""The result as a CSV file that is safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalect.answer.jsonable import jsonable
from datalect.answer.safetext import inert_cell
from datalect.errors import LimitError, UsageError

if TYPE_CHECKING:
    from datalect.answer.model import Answer


def to_csv(answer: Answer, path: Path | None) -> str:
    """CSV text (UTF-8, RFC 4180), and a file with a byte order mark so that spreadsheets read Chinese.

    Cells and headers that a spreadsheet would take for a formula get a leading apostrophe; numbers keep
    their sign.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([inert_cell(name) for name in answer.columns])
    for row in answer.rows():
        writer.writerow([_cell(value) for value in row.values()])
    text = out.getvalue()
    if path is not None:
        write_in_one_step(path, text.encode("utf-8-sig"))
    return text


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return inert_cell(value)
    plain = jsonable(value)
    if isinstance(plain, dict | list):
        return inert_cell(str(plain))
    return "" if plain is None else plain


def write_in_one_step(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a half.

    Raises:
        UsageError: the folder does not exist or cannot be written.
        LimitError: the disk is full.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written.",
            expected="a folder that exists and may be written to",
            received=error.strerror or str(error),
            next_step="create the folder or choose another path",
        ) from error
    partial = Path(temporary)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        mask = os.umask(0)
        os.umask(mask)
        partial.chmod(0o666 & ~mask)  # mkstemp makes private files; this one is meant to be shared
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise LimitError(
            f"{path} could not be written.",
            limit="disk",
            expected=f"room for {len(content):,} bytes",
            received=error.strerror or str(error),
            next_step="free some space, or choose another folder",
        ) from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
