"""``datalect describe``: what is in the tables, and what is wrong with them."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from datalect.cli.options import Language, SourceOptions, Word, texts
from datalect.cli.show import out, out_json, safe
from datalect.errors import UsageError


def describe(
    *tables: Annotated[Word, Parameter(name="SOURCE...", show=True)],
    lang: Language = "en",
    json: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    sources: SourceOptions = SourceOptions(),  # noqa: B008 - frozen: nobody can change the default
) -> int:
    """Say what tables hold: columns, meanings with evidence, keys, joins, problems.

    For example:

      datalect describe sales.csv
      datalect describe orders.parquet customers.csv --lang zh
      datalect describe shop.sqlite --json

    Parameters
    ----------
    tables
        Files, folders, database addresses, - for standard input.
    lang
        Language of the description: en or zh.
    json
        Print one JSON object with tables, columns, keys, joins, problems, sentinels and conversions.
    """
    if not tables:
        raise UsageError("No table was named.", next_step="datalect describe sales.csv")
    with sources.open(texts(tables)) as data:
        if json:
            from datalect.cli.catalog_json import catalog_object

            out_json(catalog_object(data.catalog))
        else:
            out(safe(data.describe(lang).rstrip("\n"), lines=True))
    return 0
