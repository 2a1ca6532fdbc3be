"""Labelled data out of files, parts without leakage, training of classifiers, and the commands."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from cli_process import COMMAND  # noqa: E402
from datalect.errors import CheckpointError, DatalectError, SourceError, UsageError  # noqa: E402
from datalect.lm.classifier import Example  # noqa: E402
from datalect.lm.classify import load_classifier  # noqa: E402
from datalect.lm.files import write_checksums  # noqa: E402
from datalect.training.classification import (  # noqa: E402
    ClassificationTask,
    Part,
    train_classifier,
)
from datalect.training.classifier_presets import CLASSIFIERS, classifier_preset  # noqa: E402
from datalect.training.evaluate import evaluate_model  # noqa: E402
from datalect.training.labelled import Labelled, LabelledData, read_labelled  # noqa: E402
from datalect.training.labelled_parts import label_names, part_data, target_tensor  # noqa: E402
from datalect.training.sweep import Sweep, run_sweep  # noqa: E402

GOOD = ["a good film", "fine and funny", "lovely acting", "真好看", "很喜欢这部电影"]
BAD = ["a bad film", "dull and slow", "awful acting", "不好看", "很讨厌这部电影"]
ROWS = [
    (f"{text} {number}", label)
    for number in range(24)
    for texts, label in ((GOOD, "good"), (BAD, "bad"))
    for text in texts
]


def pairs(data: LabelledData) -> list[tuple[str, str]]:
    return [(example.text, example.labels[0]) for example in data.examples]


def write(folder: Path, form: str) -> Path:
    path = folder / f"data.{form}"
    if form in ("csv", "tsv"):
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter="," if form == "csv" else "\t")
            writer.writerows([("review", "label"), *ROWS])
    elif form == "jsonl":
        lines = [json.dumps({"review": t, "label": y}, ensure_ascii=False) for t, y in ROWS]
        path.write_text("\n".join(lines), encoding="utf-8")
    elif form == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"review": [t for t, _ in ROWS], "label": [y for _, y in ROWS]}), path)
    elif form == "folder":
        for number, (text, label) in enumerate(ROWS):
            (path / label).mkdir(parents=True, exist_ok=True)
            (path / label / f"{number}.txt").write_text(text, encoding="utf-8")
    else:
        line = {
            "first.txt": "{y} {t}",
            "before.txt": "{y}\t{t}",
            "after.txt": "{t}\t{y}",
            "ft.txt": "__label__{y} {t}",
        }
        path.write_text("\n".join(line[form].format(t=t, y=y) for t, y in ROWS) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "form", ["csv", "tsv", "jsonl", "parquet", "folder", "first.txt", "before.txt", "after.txt", "ft.txt"]
)
def test_every_form_gives_the_same_examples(form: str, tmp_path: Path) -> None:
    read = read_labelled(write(tmp_path, form))
    assert sorted(pairs(read)) == sorted(ROWS)
    assert not read.several


def test_several_labels_from_lists_separators_and_fasttext(tmp_path: Path) -> None:
    lists = tmp_path / "a.jsonl"
    lists.write_text('{"text": "x", "labels": ["a", "b"]}\n{"text": "y", "labels": []}\n', encoding="utf-8")
    read = read_labelled(lists)
    assert read.several and [e.labels for e in read.examples] == [("a", "b"), ()]
    cells = tmp_path / "b.csv"
    cells.write_text("text,tags\nlong text one,a|b\nlong text two,b\nlong text three,\n", encoding="utf-8")
    read = read_labelled(cells, label_column="tags", separator="|")
    assert [e.labels for e in read.examples][:2] == [("a", "b"), ("b",)] and read.several
    lines = tmp_path / "c.txt"
    lines.write_text("__label__a __label__b x y\n__label__b z\n", encoding="utf-8")
    read = read_labelled(lines)
    assert read.several and pairs(read)[1] == ("z", "b")


def test_rows_without_text_or_label_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"text": "x", "label": 1}, {"text": "", "label": 1}, {"text": "y"}, {"text": "z", "label": 0.0}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    read = read_labelled(path)
    assert pairs(read) == [("x", "1"), ("z", "0")] and read.skipped == 2


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.csv", "text,label\n", {}),
        ("a.csv", "text,other\nlong one,x\n", {}),
        ("a.csv", "text,label\nlong one,x\n", {"label_column": "mood"}),
        ("a.csv", "text,label\nlong one,x\n", {"text_column": "label", "label_column": "label"}),
        ("a.txt", "no labels here\nnor does this line\nor that one have any\n", {}),
        ("a.txt", "", {}),
        ("a.jsonl", "[1]\n", {}),
        ("a.jsonl", "{", {}),
        ("a.jsonl", '{"label": 1}\n', {}),
    ],
)
def test_files_without_labels_are_refused_in_words(
    name: str, content: str, options: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DatalectError):
        read_labelled(path, **options)


def test_missing_files_and_folders_without_labels(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read_labelled(tmp_path / "nowhere.csv")
    with pytest.raises(SourceError, match="subfolder"):
        read_labelled(tmp_path)


# ---------------------------------------------------------------- parts


def data_of(rows: list[tuple[str, str]]) -> LabelledData:
    examples = [Labelled(text=text, labels=(label,)) for text, label in rows]
    return LabelledData(examples=examples, text_column=None, label_column=None, several=False, skipped=0)


@given(seed=st.integers(0, 1000), copies=st.lists(st.sampled_from(ROWS), max_size=30))
@settings(max_examples=20)
def test_a_text_and_its_copies_are_on_one_side(seed: int, copies: list[tuple[str, str]]) -> None:
    rows = ROWS + [(f"  {text.upper()} ", label) for text, label in copies]
    train, valid, _ = part_data(data_of(rows), None, 0.3, seed, lambda text: None)
    sides = [{" ".join(e.text.casefold().split()) for e in part} for part in (train, valid)]
    assert not sides[0] & sides[1]
    assert len(train) + len(valid) == len(rows)


def test_training_texts_that_are_validated_on_are_left_out_and_told() -> None:
    told: list[str] = []
    train, valid, _ = part_data(data_of(ROWS), data_of([(" A GOOD film 0", "good")]), 0.1, 0, told.append)
    assert len(train) == len(ROWS) - 1 and len(valid) == 1
    assert "1 training texts" in told[0]


def test_labels_are_sorted_numbers_by_value_and_unknown_ones_kept_apart() -> None:
    assert label_names(data_of([("x", "10"), ("y", "9"), ("z", "-1")]).examples) == ["-1", "9", "10"]
    assert label_names(data_of([("x", "b"), ("y", "a")]).examples) == ["a", "b"]
    with pytest.raises(UsageError, match="two labels"):
        label_names(data_of([("x", "a")]).examples)
    examples = [Labelled(text="x", labels=("b", "a")), Labelled(text="y", labels=("new",))]
    assert target_tensor(examples, ["a", "b"], multi_label=False).tolist() == [1, -1]
    assert target_tensor(examples, ["a", "b"], multi_label=True).tolist() == [[1, 1], [0, 0]]


# ---------------------------------------------------------------- batches


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=90),
    batch=st.integers(1, 16),
    seed=st.integers(0, 9),
)
@settings(max_examples=25)
def test_batches_are_a_pure_function_of_the_step_and_see_each_text_at_most_once(
    sizes: list[int], batch: int, seed: int
) -> None:
    recipe = classifier_preset("bag").override({"data.batch": str(batch), "run.seed": str(seed)})
    examples = [Example(torch.full((size,), number)) for number, size in enumerate(sizes)]
    part = Part(examples=examples, targets=torch.arange(len(sizes)))

    def task() -> ClassificationTask:
        return ClassificationTask(lambda chosen: tuple(e.ids[:1] for e in chosen), part, part, ["a"], recipe)

    one = task()
    for epoch in (0, 1):
        steps = range(epoch * one.steps_per_epoch, (epoch + 1) * one.steps_per_epoch)
        seen = [t for step in steps for b in one.batches(step) for t in b.targets.tolist()]
        assert len(seen) == len(set(seen)) == one.steps_per_epoch * min(batch, len(sizes))
    last = steps[-1]
    again, first = (t.batches(last)[0].targets.tolist() for t in (task(), one))
    assert again == first


# ---------------------------------------------------------------- training

QUICK = {
    "run.epochs": "6",
    "run.eval_every": "10",
    "data.batch": "8",
    "run.threads": "1",
    "schedule.warmup": "2",
}
TINY: dict[str, dict[str, str]] = {
    "bag": {"model.vocab_size": "4096"},
    "fasttext": {"model.vocab_size": "4096", "model.width": "8"},
    "lstm": {"model.width": "16", "model.hidden": "12", "optim.lr": "0.02"},
    "gru": {"model.width": "16", "model.hidden": "12", "optim.lr": "0.02"},
    "cnn": {"model.width": "16", "model.filters": "12", "optim.lr": "0.02"},
    "transformer": {"model.width": "16", "model.heads": "2", "model.layers": "1", "optim.lr": "0.01"},
}


@pytest.mark.slow
@pytest.mark.parametrize("arch", TINY)
def test_every_architecture_learns_and_is_evaluated(arch: str, tmp_path: Path) -> None:
    source = write(tmp_path, "jsonl")
    recipe = classifier_preset(arch).override(QUICK | TINY[arch] | {"data.valid": "0.25"})
    trained = train_classifier(source, recipe, tmp_path / "m")
    assert trained.valid["accuracy"] >= 0.9
    assert set(trained.summary()) >= {"model", "parameters", "tokens", "cpu_seconds", "seconds", "valid"}
    made = evaluate_model(str(tmp_path / "m"), source)
    assert made["task"] == "classifier" and made["n"] == len(ROWS)
    assert made["metrics"]["accuracy"] > 0.9
    assert {"macro_f1", "ece", "confusion", "per_label", "nll"} <= set(made["metrics"])
    model = load_classifier(tmp_path / "m")
    assert [p.labels[0] for p in model.predict(["a good film 3", "不好看 7"])] == ["good", "bad"]


@pytest.mark.slow
def test_a_stopped_training_resumes_bit_for_bit(tmp_path: Path) -> None:
    source = write(tmp_path, "csv")
    recipe = classifier_preset("lstm").override(QUICK | TINY["lstm"] | {"run.checkpoint_every": "5"})
    whole = train_classifier(source, recipe, tmp_path / "whole")
    train_classifier(source, recipe, tmp_path / "parted", seconds=0.0)
    torch.manual_seed(5)
    again = train_classifier(source, recipe, tmp_path / "parted")
    assert again.outcome.progress.step == whole.outcome.progress.step
    first, second = ((tmp_path / f / "model.safetensors").read_bytes() for f in ("whole", "parted"))
    assert first == second


def test_several_labels_are_learnt(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [
        {"text": f"{x} {y} {n}", "labels": [x] * (x != "nothing") + [y] * (y != "nothing")}
        for n in range(20)
        for x in ("red", "green", "nothing")
        for y in ("round", "flat", "nothing")
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    recipe = classifier_preset("bag").override(QUICK | TINY["bag"])
    trained = train_classifier(path, recipe, tmp_path / "m")
    assert trained.valid["micro_f1"] > 0.95
    model = load_classifier(tmp_path / "m")
    assert [set(p.labels) for p in model.predict(["red flat", "nothing nothing"])] == [{"red", "flat"}, set()]
    assert evaluate_model(str(tmp_path / "m"), path)["metrics"]["macro_f1"] > 0.95


@pytest.mark.parametrize("weights", ["balanced", "sqrt"])
def test_class_weights_help_the_rare(weights: str, tmp_path: Path) -> None:
    recipe = classifier_preset("bag")
    targets = torch.tensor([0] * 9 + [1])
    part = Part(examples=[Example(torch.tensor([0]))] * 10, targets=targets)
    task = ClassificationTask(
        lambda chosen: (torch.zeros(len(chosen)),),
        part,
        part,
        ["a", "b"],
        recipe.override({"extra.class_weights": weights}),
    )
    assert task.weights is not None and task.weights[1] > task.weights[0]
    assert float(task.weights[targets].mean()) == pytest.approx(1.0)
    with pytest.raises(UsageError, match="class_weights"):
        ClassificationTask(
            lambda chosen: (), part, part, ["a", "b"], recipe.override({"extra.class_weights": "odd"})
        )


@pytest.mark.parametrize("several", [False, True])
def test_hinge_loss_by_hand(several: bool) -> None:
    targets = torch.tensor([[0.0, 1.0]]) if several else torch.tensor([1])
    part = Part(examples=[Example(torch.tensor([0]))], targets=targets)
    recipe = classifier_preset("bag").override({"extra.loss": "hinge"})
    recipe = replace(recipe, model=replace(recipe.model, multi_label=several))
    task = ClassificationTask(lambda chosen: (torch.tensor([[0.5, 0.25]]),), part, part, ["a", "b"], recipe)
    loss = task.loss(torch.nn.Identity(), task.batches(0)[0], None).total
    assert float(loss) == pytest.approx(1.5**2 + 0.75**2)


@pytest.mark.slow
@pytest.mark.parametrize("frozen", ["true", "false"])
def test_an_embedding_starts_from_vectors_frozen_or_tuned(frozen: str, tmp_path: Path) -> None:
    source = write(tmp_path, "csv")
    vectors = tmp_path / "v.txt"
    vectors.write_text("good 1 2 3 4\nbad -1 -2 -3 -4\nfilm 0.5 0 0 0\n", encoding="utf-8")
    changes = QUICK | {"extra.vectors": str(vectors), "model.freeze_embedding": frozen, "model.filters": "8"}
    train_classifier(source, classifier_preset("cnn").override(changes), tmp_path / "m")
    model = load_classifier(tmp_path / "m")
    assert model.tokenizer is not None
    (number,) = model.tokenizer.encode(" good")
    row = model.module.embedding.weight[number].tolist()
    assert (row == [1, 2, 3, 4]) == (frozen == "true")


@pytest.mark.parametrize("fact", ["separator", "text_column", "label_column"])
def test_a_saved_classifier_with_odd_columns_is_refused(fact: str, tmp_path: Path) -> None:
    source = write(tmp_path, "csv")
    recipe = classifier_preset("bag").override(QUICK | TINY["bag"] | {"run.epochs": "1"})
    train_classifier(source, recipe, tmp_path / "m")
    described = json.loads((tmp_path / "m" / "config.json").read_bytes())
    described["extra"][fact] = 5
    (tmp_path / "m" / "config.json").write_text(json.dumps(described), encoding="utf-8")
    write_checksums(tmp_path / "m", ["config.json", "model.safetensors"])
    with pytest.raises(CheckpointError):
        evaluate_model(str(tmp_path / "m"), source)


def test_texts_with_unknown_or_no_labels_count_as_wrong(tmp_path: Path) -> None:
    source = write(tmp_path, "csv")
    recipe = classifier_preset("bag").override(QUICK | TINY["bag"])
    train_classifier(source, recipe, tmp_path / "m")
    other = tmp_path / "other.jsonl"
    rows = [{"review": "a good film 1", "label": y} for y in ("good", "new", [])]
    other.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    made = evaluate_model(str(tmp_path / "m"), other)
    assert made["n"] == 3 and made["metrics"]["unknown"] == 2
    assert made["metrics"]["accuracy"] == pytest.approx(1 / 3)


def test_recipes_are_whole_and_survive_json() -> None:
    from datalect.training.config import Recipe

    for name in CLASSIFIERS:
        recipe = classifier_preset(name)
        assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    assert classifier_preset(None, None).model.architecture == "bag-classifier"
    with pytest.raises(UsageError):
        classifier_preset("bag", "lstm")
    with pytest.raises(UsageError):
        classifier_preset(None, "nothing")


# ---------------------------------------------------------------- commands


def command(*arguments: Any) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [COMMAND, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", env=environment
    )


@pytest.mark.slow
def test_the_commands_end_to_end(tmp_path: Path) -> None:
    source, out = write(tmp_path, "csv"), tmp_path / "moods"
    asked = ["--text", "review", "--label", "label", "--epochs", 3, "--out", out, "--json"]
    made = command("train", "classifier", source, *asked)
    assert made.returncode == 0, made.stderr
    line = json.loads(made.stdout)
    assert line["valid"]["accuracy"] > 0.9 and line["model"] == str(out)
    figures = command("evaluate", out, "--data", source, "--json")
    assert figures.returncode == 0, figures.stderr
    assert json.loads(figures.stdout)["task"] == "classifier"
    table = command("evaluate", out, "--data", source)
    assert "precision" in table.stdout and "texts in" in table.stdout
    wrong = command("train", "classifier", source, "--label", "mood", "--out", tmp_path / "x", "--json")
    assert wrong.returncode == 2 and "mood" in wrong.stdout + wrong.stderr


def test_a_sweep_trains_each_width_and_names_the_best(tmp_path: Path) -> None:
    source, told = write(tmp_path, "csv"), []
    recipe = classifier_preset("cnn").override(QUICK | TINY["cnn"])
    sweep = Sweep.parse("model.width = 4, 16,4")
    made = run_sweep(
        sweep, recipe, tmp_path / "m", lambda own, folder: train_classifier(source, own, folder), told.append
    )
    assert [run["width"] for run in told] == ["4", "16"] == [run["width"] for run in made["runs"]]
    for run in told:
        assert load_classifier(run["model"]).module.config.width == int(run["width"])
    best = max(told, key=lambda run: run["valid"]["accuracy"])
    assert made["best"] == best["width"]


@pytest.mark.parametrize("text", ["", "model.width", "model.width=", "=1,2", "nothing=1"])
def test_senseless_sweeps_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Sweep.parse(text).recipes(classifier_preset("cnn"))
