"""``datalect completion``: teach the shell to complete commands, options and file names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from datalect.cli.show import note, out, safe

Shell = Literal["bash", "zsh", "fish"]


def completion(
    shell: Shell | None = None,
    *,
    install: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    output: Path | None = None,
) -> int:
    """Print or install the completion script of a shell.

    For example:

      datalect completion bash --install
      datalect completion zsh > _datalect
      datalect completion fish --output ~/.config/fish/completions/datalect.fish

    Parameters
    ----------
    shell
        bash, zsh or fish; the shell you are in unless given.
    install
        Put the script where the shell looks for it, and load it from the shell's start-up file.
    output
        Write the script to this file instead.
    """
    from datalect.cli.main import build_app

    chosen = shell or _current_shell()
    app = build_app()
    if install or output is not None:
        path = app.install_completion(
            shell=chosen, output=None if output is None else output.expanduser(), add_to_startup=install
        )
        note(f"Written: {safe(path)}. It takes effect in new shells.")
    else:
        out(app.generate_completion(shell=chosen).rstrip("\n"))
    return 0


def _current_shell() -> Shell:
    import os

    from datalect.errors import UsageError

    name = Path(os.environ.get("SHELL", "")).name
    for known in ("bash", "zsh", "fish"):
        if name == known:
            return known
    raise UsageError(
        "The shell you are in is not known here.",
        expected="bash, zsh or fish",
        received=name or "SHELL is not set",
        next_step="datalect completion bash",
    )
