"""The workspace: cached by content, atomic, shared between processes."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalect.data import cache
from datalect.data.workspace import OpenOptions, open_workspace
from datalect.errors import LimitError, SourceError, UsageError

GOOD = "id,name,amount\n1,Ann,10.5\n2,Bob,20.25\n3,Eve,7\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATALECT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "workspaces").iterdir())


def test_the_second_open_reads_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    first = open_workspace([path])
    monkeypatch.setattr("datalect.data.load.dispatch.load_source", None)
    second = open_workspace([path])
    assert replace(second, catalog=replace(second.catalog, as_of=first.catalog.as_of)) == first
    with duckdb.connect(str(second.database), read_only=True) as connection:
        assert connection.execute('SELECT sum(amount) FROM main."a"').fetchall() == [(37.75,)]


def test_another_content_option_or_name_is_another_workspace(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    open_workspace([path])
    open_workspace([path], options=OpenOptions(header=False))
    open_workspace([("b", path)])
    path.write_text(GOOD + "4,Zoe,1\n")
    assert open_workspace([path]).catalog.tables[0].rows == 4
    assert len(kept(folder)) == 4


def test_memory_and_threads_do_not_change_the_content(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    open_workspace([path])
    open_workspace([path], options=OpenOptions(memory_mb=300, threads=1, cache_mb=1))
    assert len(kept(folder)) == 1


def test_without_cache_nothing_is_kept(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    workspace = open_workspace([path], options=OpenOptions(cache=False))
    assert workspace.database.is_file()
    assert kept(folder) == []


def test_standard_input_is_kept_by_its_content(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
        assert open_workspace(["-"]).catalog.tables[0].rows == 3
    assert len(kept(folder)) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (OpenOptions(encoding="klingon-8"), "no encoding"),
        (OpenOptions(delimiter=""), "delimiter cannot be used"),
        (OpenOptions(delimiter="; - ;"), "delimiter cannot be used"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: OpenOptions, words: str) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    with pytest.raises(UsageError, match=words):
        open_workspace([tmp_path / "a.csv"], options=options)


def test_options_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("a;b,c\n1;é,2\n".encode("latin-1"))
    options = OpenOptions(encoding="latin-1", delimiter=",", header=False)
    (table,) = open_workspace([tmp_path / "a.csv"], options=options).catalog.tables
    assert (table.rows, [c.name for c in table.columns]) == (2, ["column1", "column2"])


def test_objects_are_not_kept(folder: Path) -> None:
    workspace = open_workspace({"t": pa.table({"a": [1]})})
    assert workspace.database.is_file()
    assert kept(folder) == []


def test_parquet_is_granted_and_noticed_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"a": [1, 2]}), path)
    first = open_workspace([path])
    assert first.granted == (path,)
    pq.write_table(pa.table({"a": [1, 2, 3]}), path)
    assert open_workspace([path]).catalog.tables[0].rows == 3


def test_a_damaged_cache_is_built_again(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    database = open_workspace([path]).database
    (database.parent / "catalog.json").write_text("{")
    assert open_workspace([path]).catalog.tables[0].rows == 3
    database.unlink()
    assert open_workspace([path]).database.is_file()


SCRIPT = """
import sys
from datalect.data.workspace import open_workspace
print(open_workspace([sys.argv[1]]).catalog.tables[0].rows)
"""


@pytest.mark.slow
def test_processes_that_open_the_same_source_at_once(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,x\n" + "".join(f"{i},{i}\n" for i in range(20_000)))
    command = [sys.executable, "-c", SCRIPT, str(path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in started] == [b"20000"] * 4
    assert len(kept(folder)) == 1
    assert list((folder / "temporary").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_load_leaves_nothing_half_written(
    tmp_path: Path, folder: Path, sign: signal.Signals
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,x\n" + "".join(f"{i},{'y' * 50}{i}\n" for i in range(400_000)))
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(path)], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(folder.glob("temporary/*/built/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(sign)
    process.communicate()
    assert process.returncode != 0
    assert kept(folder) == []
    assert open_workspace([path]).catalog.tables[0].rows == 400_000
    assert list((folder / "temporary").iterdir()) == []


def test_a_full_disk_is_said_clearly(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("datalect.data.workspace.save_catalog", full)
    with pytest.raises(LimitError, match="disk is full"):
        open_workspace([path])
    assert kept(folder) == []


def test_a_cache_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATALECT_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(SourceError, match="cache folder"):
        open_workspace([tmp_path / "a.csv"])


def test_old_and_abandoned_things_are_pruned(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    old = open_workspace([path]).database.parent
    os.utime(old, (time.time() - 3 * 86400,) * 2)
    abandoned = folder / "temporary" / "999999999-x"
    abandoned.mkdir()
    path.write_text(GOOD + "4,Zoe,1\n")
    open_workspace([path], options=OpenOptions(cache_mb=0))
    assert not old.exists()
    assert not abandoned.exists()
    assert len(kept(folder)) == 1


def test_large_files_are_known_by_blocks_size_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_WHOLE_FILE", 1 << 20)
    path = tmp_path / "big"
    path.write_bytes(b"x" * (3 << 20))
    before = cache.fingerprint(path)
    assert cache.fingerprint(path) == before
    os.utime(path, (1, 1))
    assert cache.fingerprint(path) != before


@pytest.mark.slow
def test_a_file_larger_than_memory_streams(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as out:
        out.write("id,text\n")
        for i in range(400_000):
            out.write(f"{i},{'abcdefghij' * 30}{i * 7919 % 1_000_003}\n")
    assert path.stat().st_size > 100 << 20
    workspace = open_workspace([path], options=OpenOptions(memory_mb=100))
    assert workspace.catalog.tables[0].rows == 400_000


def test_progress_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD)
    stages: list[str] = []

    class Told:
        def start(self, stage: str, total: int | None = None, unit: str = "rows") -> None:
            stages.append(stage)

        def advance(self, amount: int) -> None:
            assert amount >= 0

        def finish(self) -> None:
            pass

    open_workspace([path], progress=Told())
    assert any(str(path) in stage for stage in stages)


def test_other_code_never_serves_what_this_code_stored(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(GOOD)
    first = open_workspace([path])
    assert open_workspace([path]).database == first.database
    monkeypatch.setattr(cache, "code_digest", lambda: "of another version")
    assert open_workspace([path]).database != first.database


def test_the_digest_of_the_code_follows_every_source_and_name(tmp_path: Path) -> None:
    def digest(files: dict[str, str]) -> str:
        room = Path(tempfile.mkdtemp(dir=tmp_path))
        for name, text in files.items():
            (room / name).parent.mkdir(parents=True, exist_ok=True)
            (room / name).write_text(text)
        return cache.code_digest(room)

    one = digest({"a.py": "x = 1", "load/b.py": "y = 1"})
    assert digest({"a.py": "x = 1", "load/b.py": "y = 1"}) == one
    assert digest({"a.py": "x = 1", "load/b.py": "y = 1", "a.pyc": "bytecode"}) == one
    others = [
        {"a.py": "x = 1", "load/b.py": "y = 2"},
        {"a.py": "x = 1", "load/c.py": "y = 1"},
        {"a.py": "x = 1", "load/b.py": "y = 1", "words.txt": "id"},
    ]
    assert len({one, *map(digest, others)}) == 4
    assert digest({"a.pyc": "bytecode"}) != digest({"a.py": ""})
