"""Messages of the database, made fit for users."""

from __future__ import annotations

import re
from pathlib import Path


def clean_message(message: str, paths: tuple[Path, ...] = ()) -> str:
    """DuckDB's message without the paths of this machine.

    Args:
        message: the message as DuckDB words it.
        paths: files whose full path may occur; their names are kept.
    """
    for path in sorted(paths, key=lambda p: -len(str(p))):
        for form in {str(path), str(path.resolve())}:
            message = message.replace(form, path.name)
    links_or_paths = r"(https?://[^\s'\"]+)|(?<!\w)(?:/+[^/\s'\":]+){2,}"
    message = re.sub(links_or_paths, lambda found: found.group(1) or "<path>", message)
    return message.strip()
