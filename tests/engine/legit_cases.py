"""SQL that must pass: what analysts write by hand, and templates over whatever columns a table has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from datalect.data.model import Catalog, Table

_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\))$")


def by_hand() -> list[str]:
    """The statements of ``legit.sql``."""
    text = (Path(__file__).parent / "legit.sql").read_text("utf-8")
    return [s for s in text.split("\n\n") if s.strip() and not s.startswith("--")]


def generated(catalog: Catalog) -> Iterator[str]:
    """Queries over every table and column, about a dozen forms for each pair of a group and a measure."""
    for table in catalog.tables:
        yield from _of_table(table)


def _of_table(table: Table) -> Iterator[str]:
    t = quote(table.name)
    numbers = [quote(c.name) for c in table.columns if _NUMBER.match(c.dtype)]
    times = [quote(c.name) for c in table.columns if c.dtype in ("DATE", "TIMESTAMP")]
    texts = [quote(c.name) for c in table.columns if c.dtype == "VARCHAR"]
    yield f"SELECT * FROM {t}"
    yield f"SELECT count(*) AS 行数 FROM main.{t}"
    yield f"SELECT count(*) FROM source.{t}"
    yield f"SUMMARIZE {t}"
    yield f"DESCRIBE {t}"
    for c in (quote(c.name) for c in table.columns):
        yield f"SELECT DISTINCT {c} FROM {t} LIMIT 20"
        yield f"SELECT {c}, count(*) AS n FROM {t} GROUP BY {c} ORDER BY n DESC, 1 LIMIT 10"
        yield f"SELECT count({c}), count(DISTINCT {c}), count(*) FILTER (WHERE {c} IS NULL) FROM {t}"
        yield f"SELECT min({c}), max({c}), any_value({c}), mode({c}) FROM {t}"
        yield f"SELECT x.{c} FROM {t} AS x WHERE x.{c} IS NOT NULL ORDER BY x.{c} DESC NULLS LAST LIMIT 3"
    for c in texts:
        yield f"SELECT {c}, length({c}) FROM {t} WHERE {c} LIKE '%a%' OR {c} ILIKE '%中%' LIMIT 5"
        yield f"SELECT regexp_extract({c}, '[0-9]+') d, count(*) FROM {t} GROUP BY d ORDER BY ALL LIMIT 5"
        yield f"SELECT {c} FROM {t} WHERE {c} IN (SELECT {c} FROM {t} WHERE {c} > 'm')"
        yield f"SELECT list(DISTINCT {c} ORDER BY {c})[1:3], string_agg({c}, '、') FROM (FROM {t} LIMIT 9)"
    for n in numbers:
        yield f"SELECT sum({n}), avg({n}), median({n}), stddev({n}), quantile_cont({n}, [0.1]) FROM {t}"
        yield f"SELECT floor({n} / 10) * 10 AS bin, count(*) FROM {t} GROUP BY bin ORDER BY bin"
        yield f"SELECT * FROM {t} WHERE {n} > (SELECT avg({n}) FROM {t}) ORDER BY {n} DESC LIMIT 5"
        yield f"SELECT CASE WHEN {n} BETWEEN 0 AND 10 THEN '低' ELSE '高' END AS 档 FROM {t}"
    for d in times:
        yield f"SELECT date_trunc('month', {d}) AS m, count(*) FROM {t} GROUP BY m ORDER BY m"
        yield f"FROM {t} WHERE {d} >= DATE '2023-01-01' AND {d} < DATE '2024-01-01' + INTERVAL 1 YEAR"
        yield f"SELECT strftime({d}, '%Y年%m月') AS 月, count(*) FROM {t} GROUP BY ALL ORDER BY ALL"
    for g in texts or times or numbers:
        for n in numbers[:6]:
            yield f"SELECT {g}, sum({n}) s FROM {t} GROUP BY {g} HAVING sum({n}) > 0 ORDER BY s DESC LIMIT 9"
            yield f"SELECT {g}, rank() OVER (PARTITION BY {g} ORDER BY {n} DESC) r FROM {t} QUALIFY r <= 3"
            yield f"SELECT {g}, sum({n}) / sum(sum({n})) OVER () 占比 FROM {t} GROUP BY {g} ORDER BY 占比"
            yield (
                f"WITH s AS (SELECT {g} AS g, avg({n}) AS a FROM {t} GROUP BY 1), "
                "m AS (SELECT max(a) AS a FROM s) SELECT s.* FROM s JOIN m ON s.a = m.a"
            )
            yield f"SELECT {g}, {n} - avg({n}) OVER (PARTITION BY {g}) AS 偏差 FROM {t} ORDER BY 2 LIMIT 5"
            yield f"SELECT {g}, max({n}) FROM {t} GROUP BY GROUPING SETS (({g}), ()) LIMIT 9"
            for d in times[:2]:
                yield (
                    f"SELECT year({d}) AS y, {g}, sum({n}) AS s, "
                    f"s - lag(s) OVER (PARTITION BY {g} ORDER BY y) AS 同比 "
                    f"FROM {t} GROUP BY y, {g} ORDER BY ALL"
                )


def quote(name: str) -> str:
    """An identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'
