"""What the kernel itself denies to a worker, shown with code that does run there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sandbox_cases import make_workspace

from datalect.engine import landlock, seccomp
from datalect.engine.base import Query
from datalect.engine.duckdb import DuckDBEngine

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="these layers are of Linux")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("layers"))


def python(code: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@linux
def test_landlock_leaves_only_what_is_granted(tmp_path):
    if landlock.abi() == 0:
        pytest.skip("this kernel has no Landlock")
    granted, folder, denied, inbox = (tmp_path / name for name in ("granted", "folder", "denied", "inbox"))
    for path in (granted, denied):
        path.write_text("text")
    for path in (folder, inbox):
        path.mkdir()
        (path / "inside").write_text("text")
    code = """
import os, socket, sys
from pathlib import Path
from datalect.engine import landlock
granted, folder, denied, inbox = map(Path, sys.argv[1:])
enforced = landlock.restrict([granted, folder, Path("/does/not/exist")], [inbox])
def able(call):
    try:
        call()
    except OSError:
        return 0
    return 1
print(
    able(granted.read_text), able((folder / "inside").read_text), able(lambda: list(folder.iterdir())),
    able(lambda: (inbox / "new").write_text("x")),
    able(denied.read_text), able(lambda: granted.write_text("x")),
    able(lambda: (folder / "new").write_text("x")),
    able((folder / "inside").unlink), able(lambda: list(granted.parent.iterdir())),
    able(lambda: Path("/etc/passwd").read_text()), able(lambda: Path("/proc/self/environ").read_bytes()),
    able(lambda: os.truncate(granted, 0)), able(lambda: os.rename(inbox / "inside", folder / "moved")),
    able(lambda: os.execv("/bin/true", ["true"])),
    "tcp" in enforced and able(lambda: socket.create_server(("127.0.0.1", 0))),
    "files" in enforced,
)
"""
    answers = python(code, *map(str, (granted, folder, denied, inbox)))
    assert answers == ["1"] * 4 + ["0"] * 10 + [answers[14], "True"]
    assert answers[14] in ("0", "False")


@linux
def test_the_filter_denies_sockets_programs_and_processes():
    if not seccomp.available():
        pytest.skip("the filter is not written for this machine")
    code = """
import ctypes, os, socket, subprocess, threading
from datalect.engine import seccomp
seccomp.restrict()
def able(call):
    try:
        call()
    except OSError:
        return 0
    return 1
results = []
def datagram():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
thread = threading.Thread(target=lambda: results.append(able(datagram)))
thread.start()
thread.join()
print(
    able(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)), able(datagram),
    able(lambda: socket.socket(socket.AF_UNIX)), able(lambda: socket.socketpair()), able(os.fork),
    able(lambda: os.execv("/bin/true", ["true"])), able(lambda: subprocess.run(["/bin/true"])),
    able(lambda: os.memfd_create("x")), *results,
)
print(open("/proc/self/status").read().count("Seccomp:\\t2"), able(lambda: os.listdir("/")))
"""
    assert python(code) == ["0"] * 9 + ["1", "1"]


@linux
def test_a_real_worker_wears_all_layers(workspace):
    with DuckDBEngine(workspace, workers=1) as engine:
        assert engine.execute(Query(sql="SELECT count(*) AS c FROM sales")).table.to_pylist() == [{"c": 2000}]
        (pid,) = engine.worker_pids
        process = Path(f"/proc/{pid}")
        status = dict(
            line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line
        )
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == ("2" if seccomp.available() else "0")
        names = {entry.split(b"=")[0] for entry in (process / "environ").read_bytes().split(b"\0") if entry}
        assert names == {b"MALLOC_ARENA_MAX", b"ARROW_DEFAULT_MEMORY_POOL", b"JE_ARROW_MALLOC_CONF"}
        limits = (process / "limits").read_text()
        assert "Max core file size        0 " in limits and "Max file size             0 " in limits
        assert "Max address space         unlimited" not in limits
        links = {entry.name: str(entry.readlink()) for entry in (process / "fd").iterdir()}
        assert {links[n] for n in "012"} == {"/dev/null"}
        files = {link for link in links.values() if link.startswith("/")}
        assert files <= {"/dev/null", str(workspace.database.resolve()), "/sys/fs/cgroup/memory.max"}
        assert str((process / "cwd").readlink()) == "/"
        expected = "full" if landlock.abi() > 0 else "partial"
        assert engine.sandbox == expected


# A filter of one rule takes Landlock away from this process and its children, as on an older kernel.
OLD_KERNEL = """
import ctypes, errno, struct, sys, warnings
from pathlib import Path
from datalect.data.model import Catalog, Workspace
from datalect.engine import landlock, seccomp
from datalect.engine.base import Query
from datalect.engine.duckdb import DuckDBEngine, SandboxWarning
from datalect.errors import DatalectError
code = b"".join(struct.pack("=HBBI", *i) for i in (
    (0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x00050000 | errno.ENOSYS), (0x06, 0, 0, 0x7FFF0000)))
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.byref(seccomp._Program(len(code) // 8, code)), 0, 0) == 0
assert landlock.abi() == 0
workspace = Workspace(database=Path(sys.argv[1]), catalog=Catalog(tables=()))
with warnings.catch_warnings(record=True) as caught, DuckDBEngine(workspace, workers=1) as engine:
    warnings.simplefilter("always")
    for _ in range(2):
        rows = engine.execute(Query(sql="SELECT count(*) AS c FROM sales")).table.to_pylist()
print(rows[0]["c"], engine.sandbox, [w.category.__name__ for w in caught].count("SandboxWarning"))
with DuckDBEngine(workspace, workers=1, require_landlock=True) as engine:
    try:
        engine.execute(Query(sql="SELECT 1"))
    except DatalectError as error:
        print("sandbox" in error.what)
"""


@linux
def test_without_landlock_it_warns_once_says_so_and_can_refuse(workspace):
    assert python(OLD_KERNEL, str(workspace.database)) == ["2000", "partial", "1", "True"]
