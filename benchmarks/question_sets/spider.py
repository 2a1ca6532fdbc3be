"""Spider and its variants: questions over databases of several tables, with reference SQL.

Splits: ``dev`` is the folder's dev file or, where there is none, the questions of ``train.jsonl`` over one
database in five, which ``train`` then leaves out; other names are file names (``spider_syn_dev``,
``spider_realistic`` ...). JSON lists and JSON lines, packed or not. The reference SQL runs in SQLite. As in
Spider's own test suite, repeated rows are of no account in lists. The order counts where the reference orders
its rows; ties may fall either way when the order goes by a column that is shown.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

from .case import Case, Expected
from .databases import Databases, run
from .files import first_existing, read_records, sample, siblings

_QUESTIONS = ("question", "SpiderSynQuestion", "utterance", "SpiderQuestion")


def load(
    data: Path, scratch: Path, split: str, limit: int | None, seed: int
) -> tuple[list[Case], dict[str, int]]:
    """The cases of a split, and what was left out and why."""
    records = list(enumerate(_records(data, split)))
    databases = Databases(siblings(data, "spider"), scratch)
    skipped: Counter[str] = Counter()
    cases: list[Case] = []
    for index, record in sample(records, None if limit is None else 3 * limit, seed):
        if limit is not None and len(cases) == limit:
            break
        database = databases.path(record["db_id"])
        if database is None:
            skipped["whose database is missing"] += 1
            continue
        try:
            cases.append(_case(f"{split}-{record.get('id', index)}", record, database))
        except sqlite3.Error:
            skipped["with faulty reference SQL"] += 1
        except ValueError:
            skipped["with a result of more than 5,000 rows"] += 1
    return cases, dict(skipped)


def _records(data: Path, split: str) -> list[dict[str, Any]]:
    try:
        dev = (
            read_records(first_existing(data, "dev.jsonl", "dev.json")) if split in ("dev", "train") else None
        )
    except FileNotFoundError:  # part the training questions
        records = read_records(first_existing(data, "train.jsonl", "train.json"))
        return [r for r in records if _is_dev(r["db_id"]) == (split == "dev")]
    if split == "dev" and dev is not None:
        return dev
    return read_records(first_existing(data, f"{split}.jsonl", f"{split}.json", *_held_back(split)))


def _held_back(split: str) -> tuple[str, ...]:
    return ("dev.jsonl", "dev.json") if split == "test" else ()


def _is_dev(db_id: str) -> bool:
    return hashlib.sha256(db_id.encode()).digest()[0] % 5 == 0


def _case(identifier: str, record: dict[str, Any], database: Path) -> Case:
    sql = record["query"]
    names, rows = run(database, sql)
    kind, ordered, order_by, is_list = _shape(sql, len(names))
    question = next(record[key] for key in _QUESTIONS if record.get(key))
    return Case(
        id=identifier,
        sources=(str(database),),
        question=question,
        language="zh" if any("\u4e00" <= c <= "\u9fff" for c in question) else "en",
        kind=kind,
        expected=(
            Expected(
                columns=tuple(str(i) for i in range(len(names))),
                rows=tuple(rows),
                ordered=ordered,
                order_by=order_by,
                distinct=is_list,
            ),
        ),
        note=sql,
    )


def _shape(sql: str, width: int) -> tuple[str, bool, str, bool]:
    """Kind of the query, whether and by which shown column it is ordered, and whether it is a plain list."""
    import sqlglot
    from sqlglot import exp

    try:
        tree = sqlglot.parse_one(sql, read="sqlite")
    except sqlglot.errors.SqlglotError:
        return "other", False, "", False
    tables = {t.name.lower() for t in tree.find_all(exp.Table)}
    if not isinstance(tree, exp.Select):
        return "set operation", False, "", True
    nested = len(list(tree.find_all(exp.Select))) > 1
    kind = "nested" if nested else "join" if len(tables) > 1 else "one table"
    is_list = not any(tree.find_all(exp.AggFunc)) and not tree.args.get("group")
    order = tree.args.get("order")
    if order is None or (tree.args.get("limit") is not None and _limit_one(tree)):
        return kind, False, "", is_list
    by = order.expressions[0].this
    shown = [e.unalias() for e in tree.expressions[:width]]
    names = [e.alias_or_name for e in tree.expressions[:width]]
    for index, item in enumerate(shown):
        if item == by or (isinstance(by, exp.Column) and names[index] == by.name):
            return kind, True, str(index), is_list
    return kind, True, "", is_list


def _limit_one(tree: Any) -> bool:
    return str(tree.args["limit"].expression) == "1"
