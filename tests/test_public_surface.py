"""What `import datalect` promises, and that it stays light."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys

import pytest

import datalect

PROMISED = {
    "Answer", "Catalog", "DatalectError", "Dataset", "GateError", "LLMPlanner", "LimitError", "Limits",
    "MissingExtraError", "ModelConfig", "ModelError", "Plan", "PlanError", "QueryResult", "RefusedError",
    "Report", "SourceError", "UsageError", "__version__", "open",
}  # fmt: skip


def test_all_is_what_is_promised():
    assert set(datalect.__all__) == PROMISED
    assert len(datalect.__all__) == len(PROMISED)
    assert set(dir(datalect)) >= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED - {"__version__"}))
def test_every_name_is_there_and_documented(name):
    thing = getattr(datalect, name)
    assert inspect.getdoc(thing)
    assert inspect.isclass(thing) or inspect.isfunction(thing)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no_such_name"):
        datalect.no_such_name  # noqa: B018


def test_every_error_is_a_datalect_error_with_its_exit_code():
    codes = {
        "UsageError": 2, "SourceError": 3, "RefusedError": 4, "PlanError": 4, "GateError": 4, "ModelError": 4,
        "MissingExtraError": 5, "LimitError": 6, "DatalectError": 1,
    }  # fmt: skip
    for name, code in codes.items():
        error = getattr(datalect, name)
        assert issubclass(error, datalect.DatalectError)
        assert error.exit_code == code


def test_importing_is_light():
    code = "import sys, datalect; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for heavy in ("duckdb", "pyarrow", "pydantic", "altair", "sqlglot", "rich", "httpx", "pandas", "numpy"):
        assert f"'{heavy}'" not in done.stdout


def test_the_tutorial_runs(tmp_path, monkeypatch):
    """The docstring that ``help(datalect)`` shows."""
    monkeypatch.setenv("DATALECT_CACHE", str(tmp_path))
    test = doctest.DocTestFinder(recurse=False).find(datalect, "datalect")[0]
    assert len(test.examples) >= 8
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert result.failed == 0, "".join(said)
