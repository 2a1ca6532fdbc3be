"""Entry point of ``datalect``: reads the command, runs it, turns every ending into an exit code.

Exit codes: 0 answered, 1 internal error, 2 wrong usage, 3 unreadable input, 4 ambiguous or refused,
5 missing extra, 6 limit hit, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group

from datalect.cli.advise import advise
from datalect.cli.ask import ask
from datalect.cli.cache import cache
from datalect.cli.chat import chat
from datalect.cli.complete import complete
from datalect.cli.completion import completion
from datalect.cli.describe import describe
from datalect.cli.evaluate import evaluate
from datalect.cli.export import export
from datalect.cli.generate import generate
from datalect.cli.models import models
from datalect.cli.options import STANDARD_INPUT
from datalect.cli.report import report
from datalect.cli.show import print_error
from datalect.cli.sql import sql
from datalect.cli.train import train
from datalect.errors import DatalectError, LimitError, UsageError

INTERRUPTED = 130
_DEBUG = "DATALECT_DEBUG"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

_HELP = """Ask tables questions in plain words, in English or Chinese.

Sources: files (CSV, TSV, JSON, Parquet, Arrow, Excel, SQLite, DuckDB; also .gz
and .zip), folders of Parquet, PostgreSQL addresses, - for standard input.
Several at once are joined over their keys.
"""

_EPILOGUE = """Start here:

  datalect describe sales.csv
  datalect ask sales.csv "What is the total amount by region?"
  datalect ask sales.csv customers.csv "销售额最高的五个客户是谁？"
  datalect chat sales.csv

Exit codes: 0 answered, 2 wrong usage, 3 unreadable input,
4 ambiguous or refused, 5 missing extra, 6 limit hit, 130 interrupted.
"""


def _version() -> str:
    import datalect

    return f"datalect {datalect.__version__}"


def build_app() -> App:
    """The command-line application, without running it."""
    app = App(
        name="datalect",
        help=_HELP,
        help_epilogue=_EPILOGUE,
        help_format="plaintext",
        version=_version,
        version_flags=["--version", "-V"],
        group_commands=Group("Commands", sort_key=0),
        group_parameters=Group("Other options", sort_key=1),
        end_of_options_delimiter="--",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
        result_action="return_value",
    )
    # Without its own epilogue a command repeats the one above.
    app.command(ask, help_epilogue="", usage='Usage: datalect ask SOURCE... "QUESTION" [OPTIONS]')
    app.command(chat, help_epilogue="", usage="Usage: datalect chat SOURCE... [OPTIONS]")
    app.command(describe, help_epilogue="", usage="Usage: datalect describe SOURCE... [OPTIONS]")
    app.command(report, help_epilogue="", usage="Usage: datalect report SOURCE... [OPTIONS]")
    app.command(sql, help_epilogue="", usage='Usage: datalect sql SOURCE... "SELECT ..." [OPTIONS]')
    app.command(train)
    app.command(advise, help_epilogue="", usage="Usage: datalect advise DATA [OPTIONS]")
    app.command(evaluate, help_epilogue="", usage="Usage: datalect evaluate MODEL --data FILE [OPTIONS]")
    app.command(generate, help_epilogue="", usage='Usage: datalect generate MODEL "PROMPT"... [OPTIONS]')
    app.command(complete, help_epilogue="", usage='Usage: datalect complete MODEL "PROMPT" [OPTIONS]')
    app.command(export, help_epilogue="", usage="Usage: datalect export MODEL --to FORM --out PATH [OPTIONS]")
    app.command(models)
    app.command(cache)
    app.command(completion, help_epilogue="", usage="Usage: datalect completion [bash|zsh|fish] [OPTIONS]")
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in tokens[: tokens.index("--") if "--" in tokens else None]
    code = _run(tokens, as_json)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
    except OSError as error:  # what was printed does not fit where it was sent
        _silence_stdout()
        print_error(_unwritten(error), False)
        code = LimitError.exit_code
    sys.exit(code)


def _run(tokens: list[str], as_json: bool) -> int:
    _write_utf8()
    try:
        result = build_app()([STANDARD_INPUT if word == "-" else word for word in tokens])
        return result if isinstance(result, int) else 0
    except CycloptsError as error:
        print_error(_usage_error(error, tokens), as_json)
        return UsageError.exit_code
    except DatalectError as error:
        if os.environ.get(_DEBUG):
            raise
        print_error(error, as_json)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _silence_stdout()
        return 0
    except OSError as error:
        if error.errno not in _DISK_FULL:
            return _fault(error, as_json)
        _silence_stdout()
        print_error(_unwritten(error), False)
        return LimitError.exit_code
    except Exception as error:  # a fault of ours: still no traceback for someone who asked a question
        return _fault(error, as_json)


def _fault(error: Exception, as_json: bool) -> int:
    if os.environ.get(_DEBUG):
        raise error
    print_error(
        DatalectError(
            "Datalect met a fault of its own.",
            received=f"{type(error).__name__}: {error}",
            next_step=f"Run the same again with {_DEBUG}=1 for the details, and report them.",
        ),
        as_json,
    )
    return DatalectError.exit_code


def _unwritten(error: OSError) -> LimitError:
    """What to tell when a result could not be written."""
    return LimitError(
        "The result could not be written.",
        limit="disk",
        expected="room where the output goes",
        received=error.strerror or str(error),
        next_step="free some space, or write to another place",
    )


def _usage_error(error: CycloptsError, tokens: list[str]) -> UsageError:
    command = next((t for t in tokens if not t.startswith("-")), "")
    known = {name for name in build_app() if not name.startswith("-")}
    page = f"datalect {command} --help" if command in known else "datalect --help"
    return UsageError(" ".join(str(error).split()), next_step=page)


def _write_utf8() -> None:
    """Print Chinese also where the locale says ASCII; never fail on a character that cannot be shown."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _silence_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush does not complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
