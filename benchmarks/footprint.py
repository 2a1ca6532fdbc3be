"""How light the core is: size of an installation without extras, CPU time of the help page and of the import.

Builds a fresh environment with `pip install -c constraints.txt .` (no torch, no extras), measures it, and
prints one JSON object on the last line. `--venv PATH` measures an environment that is already there instead.

    python benchmarks/footprint.py
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNS = 7


def size_mb(folder: Path) -> float:
    """Megabytes (10^6 bytes) of disk blocks, as `du` counts them."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            status = (Path(parent) / name).lstat()
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += status.st_blocks * 512
    return total / 1e6


def cpu_seconds(command: list[str]) -> float:
    """Median user and system seconds of a command over several runs, the first (cold) one left out."""
    times = []
    for _ in range(RUNS + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return sorted(times[1:])[RUNS // 2]


def build(folder: Path) -> None:
    """An environment with the core and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--constraint", ROOT / "constraints.txt", ROOT], check=True)


def measure(venv: Path) -> dict[str, object]:
    """Everything that is published."""
    python, command = str(venv / "bin" / "python"), str(venv / "bin" / "datalect")
    listed = subprocess.run([python, "-m", "pip", "list", "--format=json"], check=True, capture_output=True)
    packages = [package["name"].lower() for package in json.loads(listed.stdout)]
    # A new environment holds pip and setuptools before anything is installed into it.
    [site] = (venv / "lib").glob("python*/site-packages")
    tools = sum(size_mb(site / name) for name in ("pip", "setuptools", "pkg_resources"))
    whole = size_mb(venv)
    return {
        "core_mb": round(whole - tools, 1),
        "environment_mb": round(whole, 1),
        "packages": len(packages),
        "torch": "torch" in packages,
        "help_cpu_seconds": round(cpu_seconds([command, "--help"]), 3),
        "import_cpu_seconds": round(cpu_seconds([python, "-c", "import datalect"]), 3),
        "bare_python_cpu_seconds": round(cpu_seconds([python, "-c", "pass"]), 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--venv", type=Path, help="an environment that is already there")
    chosen = parser.parse_args().venv
    if chosen is not None:
        figures = measure(chosen.absolute())
    else:
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder) / "core")
            figures = measure(Path(folder) / "core")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
