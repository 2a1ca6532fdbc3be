"""Shell completion: the scripts are valid, and bash completes commands, options, choices and files."""

from __future__ import annotations

import shutil
import subprocess

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_the_script_is_valid_for_its_shell(shell_name, ok, shell):
    script = ok("completion", shell_name)
    assert "datalect" in script
    for option in ("--chart", "--batch", "--show-prompt"):
        assert option.lstrip("-") in script
    if shutil.which(shell_name) is None:
        pytest.skip(f"{shell_name} is not on this machine; the script was only looked at")
    path = shell.folder / "script"
    path.write_text(script, encoding="utf-8")
    subprocess.run([shell_name, "-n", path], check=True)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["datalect", "des"], {"describe"}),
        (["datalect", "ask", "sal"], {"sales.csv"}),
        (["datalect", "ask", "sales.csv", "--show"], {"--show-prompt"}),
        (["datalect", "ask", "sales.csv", "--lang", ""], {"en", "zh"}),
        (["datalect", "ask", "sales.csv", "--chart", "sal"], {"sales.csv"}),
        (["datalect", "completion", ""], {"bash", "zsh", "fish"}),
        (["datalect", "cache", ""], {"list", "clear"}),
    ],
)
def test_bash_completes(typed, offered, ok, shell, tmp_path_factory):
    script = tmp_path_factory.mktemp("completion") / "datalect.bash"
    script.write_text(ok("completion", "bash"), encoding="utf-8")
    words = " ".join(f"'{word}'" for word in typed)
    typing = f"COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}"
    ask = f"source {script}; {typing}; _datalect; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(
        ["bash", "-c", ask], cwd=shell.folder, capture_output=True, text=True, check=True, timeout=30
    )
    assert set(done.stdout.split()) == offered


@pytest.mark.slow
def test_the_shell_one_is_in_is_found(ok):
    assert ok("completion", env={"SHELL": "/usr/bin/fish"}) == ok("completion", "fish")


def test_it_installs_where_the_shell_looks(shell):
    done = shell.run("completion", "bash", "--install")
    assert done.returncode == 0, done.stderr
    installed = shell.folder / ".local/share/bash-completion/completions/datalect"
    assert "_datalect" in installed.read_text(encoding="utf-8")
    assert str(installed) in done.stderr.replace("\n", "")


def test_it_is_written_to_a_file(shell):
    done = shell.run("completion", "fish", "--output", "my.fish")
    assert done.returncode == 0, done.stderr
    assert "complete -c datalect" in (shell.folder / "my.fish").read_text(encoding="utf-8")
