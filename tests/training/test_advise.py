"""Advice follows the text and the budget, its command trains; a run's picture shows both curves."""

from __future__ import annotations

import shlex

import pytest

from datalect.cli.advise import minutes_of
from datalect.cli.train_options import TrainOptions
from datalect.errors import UsageError
from datalect.training.advise import advise
from datalect.training.plot import plot_rows, plot_run
from lm.models import TEXT


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT * 20, encoding="utf-8")
    return path


def test_more_time_and_more_text_never_make_a_smaller_model(text, tmp_path):
    sizes = [advise(text, minutes=m).parameters for m in (0.01, 1, 100)]
    assert sizes == sorted(sizes)
    more = tmp_path / "more.txt"
    more.write_text(TEXT * 400, encoding="utf-8")
    assert advise(more, minutes=100).parameters >= sizes[-1]


def test_the_command_is_one_that_trains(text):
    made = advise(text, minutes=5)
    assert made.minutes <= 5.5 and made.tokens == made.steps * made.batch * made.context
    words = shlex.split(made.command(str(text)))
    assert words[:4] == ["datalect", "train", "lm", str(text)]
    sets = tuple(words[i + 1] for i, word in enumerate(words) if word == "--set")
    recipe = TrainOptions(arch="transformer", steps=made.steps, set_=sets).recipe()
    assert recipe.model.width == made.width and recipe.run.steps == made.steps


def test_chinese_is_noticed(tmp_path):
    (tmp_path / "a.txt").write_text("从前有一个小模型，它读了很多书。\n" * 200, encoding="utf-8")
    assert advise(tmp_path / "a.txt", minutes=1).chinese > 0.7


def test_senseless_requests_are_refused(text, tmp_path):
    (tmp_path / "short.txt").write_text("hi")
    for call in (
        lambda: advise(tmp_path / "short.txt"),
        lambda: advise(text, minutes=-1),
        lambda: minutes_of("soon"),
        lambda: minutes_of("0m"),
    ):
        with pytest.raises(UsageError):
            call()
    assert minutes_of("90s") == pytest.approx(1.5) and minutes_of("2h") == 120 and minutes_of("10") == 10


def test_the_picture_shows_both_curves(tmp_path):
    lines = [{"step": s, "loss": 3.0 - s / 1000} for s in range(1, 1001)] + [{"step": 500, "valid": 2.7}]
    rows = plot_rows(lines)
    assert len(rows) <= 402 and {r["what"] for r in rows} == {"training", "validation"}
    (tmp_path / "metrics.jsonl").write_text(
        '{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 2.0, "valid": 2.2}\n{"st'
    )
    picture = plot_run(tmp_path)
    assert picture is not None and "validation" in picture.read_text()
    (tmp_path / "metrics.jsonl").write_text("")
    assert plot_run(tmp_path) is None
