"""PostgreSQL, against a real server on loopback; skipped where no server program is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from datalect.errors import MissingExtraError, SourceError
from loading_helper import loading

pytestmark = pytest.mark.slow

SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE customers (
  id serial PRIMARY KEY, email text UNIQUE, name varchar(40) NOT NULL, balance numeric(12, 2),
  points numeric(10, 0),
  vip boolean, since date, tags text[], extra jsonb, feeling mood, ref uuid, pause interval, price money
);
CREATE TABLE orders (
  id bigint PRIMARY KEY, customer_id integer REFERENCES customers (id), placed timestamp,
  total double precision
);
CREATE TABLE "Order Lines" (order_id bigint REFERENCES orders, line smallint, PRIMARY KEY (order_id, line));
CREATE SCHEMA archive;
CREATE TABLE archive.orders (id integer);
CREATE VIEW big AS SELECT * FROM orders WHERE total > 15;
CREATE VIEW broken AS SELECT 1 / (id - id) AS x FROM orders;
INSERT INTO customers VALUES
  (1, 'a@x.org', 'Ann', 1234.56, 7, true, '2020-01-05', '{x,y}', '{"a": 1}', 'ok',
   '00000000-0000-0000-0000-000000000001', '2 days', 9.5),
  (2, 'b@x.org', '张三', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO orders SELECT g, 1 + g % 2, timestamp '2024-01-01' + g * interval '1 hour', g / 2.0
  FROM generate_series(1, 50000) g;
INSERT INTO "Order Lines" VALUES (1, 1), (1, 2);
"""


def _programs() -> Path:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not installed:
        pytest.skip("needs the PostgreSQL server programs (initdb, pg_ctl), which are not installed")
    return installed[-1].parent


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """URL of a server that was started for these tests."""
    pytest.importorskip("adbc_driver_postgresql")
    programs = _programs()
    user: str | None = None
    if os.geteuid() == 0:
        # The server refuses to run as root.
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            pytest.skip("needs a user `postgres`, because the server does not run as root")
    folder = Path(tempfile.mkdtemp(prefix="datalect-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str | Path) -> None:
        subprocess.run([str(c) for c in command], check=True, capture_output=True, user=user, cwd=folder)

    try:
        (folder / "password").write_text("s3cret")
        (folder / "password").chmod(0o644)
        run(programs / "initdb", "-D", folder / "data", "-U", "tester", "-E", "UTF8", "--no-locale", "-A",
            "scram-sha-256", f"--pwfile={folder / 'password'}")  # fmt: skip
        run(programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o",
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off",
            "start")  # fmt: skip
        url = f"postgresql://tester:s3cret@127.0.0.1:{port}/postgres"
        try:
            _execute(url, SCHEMA)
            yield url
        finally:
            run(programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _execute(url: str, script: str) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        for statement in script.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        connection.commit()


def test_tables_views_types_and_keys(tmp_path: Path, server: str) -> None:
    with loading(tmp_path, server) as loaded:
        assert {t.name: t.rows for t in loaded.tables} == {
            "Order Lines": 2, "big": 49970, "customers": 2, "orders": 50000, "orders_2": 0
        }  # fmt: skip
        assert loaded.rows("customers")[0] == (
            1, "a@x.org", "Ann", 1234.56, 7, True, date(2020, 1, 5), '["x", "y"]', '{"a": 1}', "ok",
            "00000000-0000-0000-0000-000000000001", "2 days", 9.5,
        )  # fmt: skip
        assert loaded.types("customers")["points"] == "BIGINT"
        assert loaded.types("orders")["placed"] == "TIMESTAMP"
        assert loaded.rows("orders", "ORDER BY id LIMIT 1") == [(1, 2, datetime(2024, 1, 1, 1), 0.5)]
        assert loaded["customers"].declared_keys == (("id",), ("email",))
        assert loaded["Order Lines"].declared_keys == (("order_id", "line"),)
        (link,) = loaded["orders"].declared_foreign_keys
        assert (link.columns, link.ref_table, link.ref_columns) == (("customer_id",), "customers", ("id",))
        assert loaded.tables[0].problems[-1].kind == "broken_view"
        assert "s3cret" not in repr(loaded.tables)


def test_one_table(tmp_path: Path, server: str) -> None:
    with loading(tmp_path, f"{server}::archive.orders") as loaded:
        assert (loaded.only.name, loaded.only.rows) == ("orders", 0)


def test_unknown_table(tmp_path: Path, server: str) -> None:
    with pytest.raises(SourceError, match="has no table 'ordrs'"), loading(tmp_path, f"{server}::ordrs"):
        pass


def test_wrong_password_is_not_repeated_in_the_message(tmp_path: Path, server: str) -> None:
    with pytest.raises(SourceError) as caught, loading(tmp_path, server.replace("s3cret", "wr0ng%21")):
        pass
    assert "password authentication failed" in str(caught.value)
    assert "wr0ng" not in str(caught.value)


def test_no_server(tmp_path: Path) -> None:
    pytest.importorskip("adbc_driver_postgresql")
    with (
        pytest.raises(SourceError, match="cannot be read"),
        loading(tmp_path, "postgresql://u:p@127.0.0.1:1/x"),
    ):
        pass


def test_without_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with (
        pytest.raises(MissingExtraError, match=r"datalect\[postgres\]"),
        loading(tmp_path, "postgresql://h/x"),
    ):
        pass
