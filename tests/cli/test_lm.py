"""Language models from the command line: train, resume, evaluate, generate, complete, manage; bad input."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

from datalect.cli.main import main
from lm.models import TEXT

QUICK = [
    "--preset", "shakespeare-char-cpu", "--steps", "20", "--set", "model.layers=1", "--set", "model.width=32",
    "--set", "data.length=16", "--set", "model.context=16", "--set", "run.eval_every=10", "--quiet",
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(autouse=True)
def _own_models(home, monkeypatch):
    monkeypatch.setenv("DATALECT_MODELS", str(home))
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "故事.txt"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    return ended.value.code or 0, said.out, said.err


@pytest.fixture(scope="module")
def trained(home, text):
    """A model kept under the name ``small``."""
    import contextlib
    import io
    import os

    os.environ["DATALECT_MODELS"] = str(home)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit) as ended:
        main(["train", "lm", text, "--name", "small", *QUICK])
    assert not ended.value.code
    return json.loads(printed.getvalue().splitlines()[-1])


def test_training_ends_with_one_json_line(trained, home):
    assert {"model", "parameters", "tokens", "cpu_seconds", "seconds", "valid"} <= trained.keys()
    assert trained["model"] == str(home / "small")
    assert trained["tokens"] == 20 * 12 * 16
    assert trained["valid"]["loss"] > 0 and trained["parameters"] > 1000


def test_the_same_command_again_changes_nothing(trained, text, capsys):
    code, out, _ = run(capsys, "train", "lm", text, "--name", "small", *QUICK)
    again = json.loads(out.splitlines()[-1])
    assert code == 0 and again["valid"] == trained["valid"]


def test_evaluate_prints_task_metrics_n_and_seconds(trained, text, capsys):
    code, out, _ = run(capsys, "evaluate", "small", "--data", text, "--json")
    made = json.loads(out)
    assert code == 0 and made["task"] == "lm" and made["n"] == len(TEXT) - 1 and made["seconds"] >= 0
    assert {"loss", "perplexity", "word_perplexity", "bits_per_byte"} <= made["metrics"].keys()
    code, out, _ = run(capsys, "evaluate", trained["model"], "--data", text, "--window", "sliding")
    assert code == 0 and "perplexity" in out


def test_generate_is_the_same_for_the_same_seed(trained, capsys):
    words = ["generate", "small", "Once", "--seed", "3", "--max-tokens", "15"]
    code, out, _ = run(capsys, *words)
    assert code == 0 and out.startswith("Once")
    made = json.loads(run(capsys, *words, "--json")[1])
    (generation,) = made["generations"]
    assert out.rstrip("\n") == ("Once" + generation["text"]).rstrip("\n")
    assert generation["tokens"] <= 15 and generation["reason"] in ("length", "end")
    several = json.loads(run(capsys, *words, "It said: 从前", "--samples", "2", "--json")[1])
    assert [g["prompt"] for g in several["generations"]] == ["Once", "Once", "It said: 从前", "It said: 从前"]
    assert run(capsys, "generate", "small", "Once", "--beams", "2", "--max-tokens", "5")[0] == 0


def test_complete_shows_probabilities(trained, capsys):
    code, out, _ = run(capsys, "complete", "small", "Once upon", "--top", "3")
    assert code == 0 and "%" in out and "█" in out
    made = json.loads(run(capsys, "complete", "small", "Once upon", "--top", "3", "--json")[1])
    chances = [c["probability"] for c in made["completions"]]
    assert len(chances) == 3 and chances == sorted(chances, reverse=True) and sum(chances) <= 1


def test_models_are_listed_shown_verified_and_removed(trained, text, capsys, home):
    run(capsys, "train", "lm", text, "--name", "other", *QUICK)
    listed = json.loads(run(capsys, "models", "list", "--json")[1])
    assert {"small", "other"} <= {m["name"] for m in listed["models"]}
    assert "validation loss" in run(capsys, "models", "show", "small")[1]
    assert json.loads(run(capsys, "models", "verify", "small", "--json")[1])["whole"]
    weights = home / "other" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    code, _, err = run(capsys, "models", "verify", "other")
    assert code == 3 and "damaged" in err
    assert run(capsys, "models", "remove", "other")[0] == 0
    assert not (home / "other").exists()
    assert run(capsys, "models", "list")[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["train", "lm", "nothing.txt", "--name", "x"], 3),
        (["train", "lm", "{text}", "--preset", "nothing"], 2),
        (["train", "lm", "{text}", "--arch", "nothing"], 2),
        (["train", "lm", "{text}", "--name", "../x"], 2),
        (["train", "lm", "{text}", "--name", "x", "--out", "y"], 2),
        (["train", "lm", "{text}", "--set", "optim.lr"], 2),
        (["train", "lm", "{text}", "--set", "optim.learning=3"], 2),
        (["train", "lm", "{text}", "--set", "optim.lr=fast"], 2),
        (["train", "lm", "{text}", "--steps", "0"], 2),
        (["train", "lm", "{text}", "--minutes", "-1"], 2),
        (["evaluate", "nothing", "--data", "{text}"], 3),
        (["evaluate", "small", "--data", "nothing.txt"], 3),
        (["generate", "nothing", "x"], 3),
        (["generate", "small", ""], 2),
        (["generate", "small", "x", "--temperature", "-1"], 2),
        (["generate", "small", "x", "--samples", "0"], 2),
        (["complete", "small", ""], 2),
        (["complete", "small", "x", "--top", "0"], 2),
        (["models", "show", "nothing"], 3),
        (["models", "remove", "../small"], 2),
    ],
)
def test_bad_input_is_told_without_a_traceback(words, code, trained, text, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended, out, err = run(capsys, *(word.format(text=text) for word in words))
    assert ended == code, err
    assert "datalect: " in err and "Traceback" not in err + out
    said = run(capsys, *(word.format(text=text) for word in words), "--json")[1] if words[0] != "x" else ""
    assert json.loads(said)["error"]["exit_code"] == code


def test_presets_are_listed(capsys):
    assert "shakespeare-char-cpu" in run(capsys, "train", "presets")[1]
    made = json.loads(run(capsys, "train", "presets", "--json")[1])
    assert made["shakespeare-char-cpu"]["model"]["width"] == 128


def test_help_imports_no_torch():
    code = (
        "import sys\nfrom datalect.cli.main import build_app\nbuild_app()\n"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
