"""Classifiers against TF-IDF with a linear SVM on the same training and validation texts.

    python benchmarks/lm_classifiers.py --data ../shared/data --archs bag,cnn,lstm --sets sst2,trec
    python benchmarks/lm_classifiers.py --train FILE --valid FILE --archs bag,encoder --encoder FOLDER

Sets without a validation part are split by a digest of the text, copies on one side; test parts are never
read. The SVM (scikit-learn) sees n-grams of 1 to 2 words, or of 1 to 3 characters where they are Chinese. The
last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from datalect.training.classification import train_classifier
from datalect.training.classifier_presets import classifier_preset
from datalect.training.labelled import Labelled, read_labelled
from datalect.training.labelled_parts import part_data


@dataclass(frozen=True)
class DataSet:
    """Where a set lies below the data folder."""

    train: str
    valid: str | None = None
    text: str | None = None
    label: str | None = None
    most: int | None = None
    """Texts taken, in the order of a digest."""


SETS = {
    "sst2": DataSet("sst/stsa.binary.train.txt", "sst/stsa.binary.dev.txt"),
    "mr": DataSet("pang_lee/sentence_polarity.jsonl.xz"),
    "trec": DataSet("trec_qc/TREC.train.all.txt"),
    "imdb": DataSet("imdb/train.jsonl.xz", text="text", label="label", most=4000),
    "chnsenticorp": DataSet("chnsenticorp/train.jsonl.xz", "chnsenticorp/validation.jsonl.xz"),
    "thucnews": DataSet("thucnews_titles/dev.txt.xz"),
    "toutiao": DataSet(
        "toutiao_titles/train.csv.xz", "toutiao_titles/dev.csv.xz", text="text", label="label"
    ),
}


def parts_of(chosen: DataSet, root: Path) -> tuple[list[Labelled], list[Labelled]]:
    """Training and validation texts."""
    read = read_labelled(root / chosen.train, text_column=chosen.text, label_column=chosen.label)
    if chosen.most is not None:
        import hashlib

        first = sorted(read.examples, key=lambda e: hashlib.sha256(e.text.encode()).digest())
        read = replace(read, examples=first[: chosen.most])
    held = (
        read_labelled(root / chosen.valid, text_column=chosen.text, label_column=chosen.label)
        if chosen.valid
        else None
    )
    train, valid, _ = part_data(read, held, 0.1, 0, print)
    return train, valid


def write(path: Path, examples: list[Labelled]) -> Path:
    """Texts as JSONL, so that the same command reads them as a user's file."""
    lines = [json.dumps({"text": e.text, "label": e.labels[0]}, ensure_ascii=False) for e in examples]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def floor(train: list[Labelled], valid: list[Labelled]) -> dict[str, float]:
    """Accuracy and macro-F1 of TF-IDF with a linear SVM."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.svm import LinearSVC

    began = time.process_time()
    letters = "".join(e.text for e in train[:200])
    chinese = sum("一" <= c <= "鿿" for c in letters) > len(letters) / 4
    shape: dict[str, Any] = (
        {"analyzer": "char", "ngram_range": (1, 3)} if chinese else {"ngram_range": (1, 2)}
    )
    vectorizer = TfidfVectorizer(sublinear_tf=True, **shape)
    svm = LinearSVC(random_state=0).fit(
        vectorizer.fit_transform([e.text for e in train]), [e.labels[0] for e in train]
    )
    told, truth = svm.predict(vectorizer.transform([e.text for e in valid])), [e.labels[0] for e in valid]
    return {
        "accuracy": float(accuracy_score(truth, told)),
        "macro_f1": float(f1_score(truth, told, average="macro")),
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def ours(arch: str, train: Path, valid: Path, arguments: argparse.Namespace, seed: int) -> dict[str, float]:
    """Figures of one of our classifiers."""
    recipe = classifier_preset(arch).override(dict(pair.split("=", 1) for pair in arguments.set))
    recipe = replace(recipe, run=replace(recipe.run, threads=1, seed=seed))
    if arch == "encoder":
        recipe = replace(recipe, extra=recipe.extra | {"encoder": str(arguments.encoder)})
    with tempfile.TemporaryDirectory() as scratch:
        trained = train_classifier(train, recipe, Path(scratch) / "model", valid=valid)
    return {
        **trained.valid,
        "parameters": trained.parameters,
        "cpu_seconds": round(trained.outcome.progress.cpu_seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default="sst2,mr,trec,imdb,chnsenticorp,thucnews")
    parser.add_argument("--archs", default="bag,fasttext,cnn,lstm,gru,transformer")
    parser.add_argument("--train", type=Path, help="a file of your own instead of the sets")
    parser.add_argument("--valid", type=Path)
    parser.add_argument("--encoder", type=Path, help="Hugging Face folder, for the architecture encoder")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], help="recipe field, such as run.epochs=2")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.train:
        valid = str(arguments.valid.resolve()) if arguments.valid else None
        chosen = {arguments.train.name: DataSet(str(arguments.train.resolve()), valid)}
    else:
        chosen = {name: SETS[name] for name in arguments.sets.split(",")}
    table: dict[str, dict[str, Any]] = {}
    for name, where in chosen.items():
        train, valid_part = parts_of(where, arguments.data)
        row: dict[str, Any] = {"train": len(train), "valid": len(valid_part), "svm": floor(train, valid_part)}
        print(name, json.dumps(row), flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            files = (
                write(Path(scratch) / "train.jsonl", train),
                write(Path(scratch) / "valid.jsonl", valid_part),
            )
            for arch in arguments.archs.split(","):
                runs = [ours(arch, *files, arguments, seed) for seed in range(arguments.seeds)]
                row[arch] = {k: round(statistics.mean(run[k] for run in runs), 4) for k in runs[0]}
                print(name, arch, json.dumps(row[arch]), flush=True)
        best = max(row[arch]["accuracy"] for arch in arguments.archs.split(","))
        row["best_minus_svm"] = round(best - row["svm"]["accuracy"], 4)
        table[name] = row
    print(json.dumps({"benchmark": "lm_classifiers", "seeds": arguments.seeds, "sets": table}))


if __name__ == "__main__":
    main()
