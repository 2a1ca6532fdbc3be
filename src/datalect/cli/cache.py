"""``datalect cache``: what was kept of earlier readings, and how to throw it away."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from datalect.cli.show import grid, out, out_json

cache = App(
    name="cache",
    help="List or clear what is kept between runs.",
    help_epilogue="""Your own files are never touched.

For example:

  datalect cache list
  datalect cache clear
""",
)


@cache.command(name="list")
def list_(*, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> int:
    """List the tables kept ready from earlier runs, with their size.

    For example:

      datalect cache list
      datalect cache list --json

    Parameters
    ----------
    json
        Print one JSON object.
    """
    from datalect.data.cache import cache_folder
    from datalect.data.cache_list import cache_entries

    entries = cache_entries()
    total = sum(entry.bytes for entry in entries)
    if json:
        out_json(
            {
                "folder": str(cache_folder()),
                "bytes": total,
                "entries": [
                    {"key": e.key, "sources": list(e.sources), "bytes": e.bytes, "used": e.used}
                    for e in entries
                ],
            }
        )
        return 0
    out(f"{cache_folder()}: {len(entries)} kept, {total / 1e6:,.1f} MB")
    if entries:
        rows = [
            (", ".join(e.sources), f"{e.bytes / 1e6:,.1f} MB", f"{e.used:%Y-%m-%d %H:%M}") for e in entries
        ]
        out(grid(["sources", "size", "last used"], rows, widest=70))
    return 0


@cache.command
def clear(*, json: Annotated[bool, Parameter(negative="", show_default=False)] = False) -> int:
    """Delete everything kept from earlier runs. Tables are read anew when they are next asked.

    For example:

      datalect cache clear

    Parameters
    ----------
    json
        Print one JSON object.
    """
    from datalect.data.cache_list import clear_cache

    count, freed = clear_cache()
    if json:
        out_json({"removed": count, "bytes": freed})
    else:
        out(f"Removed {count} kept readings, {freed / 1e6:,.1f} MB.")
    return 0
