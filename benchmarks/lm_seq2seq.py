"""Sequence to sequence: Multi30k en-de, Tatoeba en-zh, and SciTLDR summaries beside the lead.

    python benchmarks/lm_seq2seq.py --task multi30k --arch transformer --seeds 3
    python benchmarks/lm_seq2seq.py --task multi30k --gpu --seeds 3   # the sizes for a GPU
    python benchmarks/lm_seq2seq.py --tiny                            # only checks that everything runs

Each task trains with the function behind the command line, and is judged on the official development part;
Tatoeba has none, so a twentieth of its sources is kept aside by digest. What early stopping looks at is cut
from the training part. The rivals of the summaries are the first sentence (lead-1) and, as an upper bound,
the sentence of the source that overlaps most with a reference. BLEU carries sacrebleu's signature. The last
line is one JSON object with the figures of every task, architecture and seed. Needs ../shared/data.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from datalect.lm.seq2seq_metrics import text_metrics
from datalect.training.evaluate_seq2seq import evaluate_seq2seq
from datalect.training.pairs import Pair, read_pairs
from datalect.training.seq2seq_presets import seq2seq_preset
from datalect.training.split import is_valid
from datalect.training.transduction import train_seq2seq

SHARED = Path(os.environ.get("DATALECT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
DATA = SHARED / "data"
TASKS = ("multi30k", "tatoeba", "scitldr")
# Larger where a GPU is at hand: the sizes of joeynmt's small recipe for Multi30k.
GPU = {"model.width": "256", "model.dropout": "0.3", "run.epochs": "40", "data.batch_tokens": "4096"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--task", choices=TASKS, action="append")
    options.add_argument(
        "--arch", choices=("transformer", "lstm", "gru", "summary", "translate-cpu"), action="append"
    )
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--minutes", type=float, help="stop each training after this long")
    options.add_argument("--beams", type=int, default=5)
    options.add_argument("--gpu", action="store_true", help="the sizes for a GPU")
    options.add_argument(
        "--tiny", action="store_true", help="a few steps on a few pairs: figures mean nothing"
    )
    options.add_argument("--set", action="append", default=[], help="any field of the recipe")
    told = options.parse_args()
    torch.set_num_threads(torch.get_num_threads() if told.gpu else 1)
    results = []
    for task in told.task or TASKS:
        usual = ["summary"] if task == "scitldr" else ["translate-cpu", "lstm"]
        train, dev = parts(task, 120 if told.tiny else None)
        if task == "scitldr":
            results += [row | {"task": task} for row in leads(dev)]
            print(json.dumps(results[-2:], ensure_ascii=False), flush=True)
        for arch in told.arch or usual:
            for seed in range(told.seeds):
                row = run(task, arch, seed, train, dev, told)
                results.append(row)
                print(json.dumps(row, ensure_ascii=False), flush=True)
    print(json.dumps({"benchmark": "lm_seq2seq", "tiny": told.tiny, "results": results}, ensure_ascii=False))


def parts(task: str, most: int | None) -> tuple[list[Pair], list[Pair]]:
    """Training and development pairs."""
    if task == "multi30k":
        train, dev = (
            read_pairs(DATA / "multi30k" / name, source="en", target="de").pairs for name in ("train", "val")
        )
    elif task == "scitldr":
        train, dev = (
            read_pairs(DATA / "scitldr" / f"{name}.jsonl.xz", source="source", target="target").pairs
            for name in ("train", "dev")
        )
        # Every reference of a training abstract is a pair of its own.
        train = [Pair(source=p.source, targets=(target,)) for p in train for target in p.targets]
    else:
        read = read_pairs(DATA / "tatoeba_en_zh" / "train.tsv.xz", source="1", target="2").pairs
        train = [pair for pair in read if not is_valid(pair.source, 0.05, 0)]
        dev = merged([pair for pair in read if is_valid(pair.source, 0.05, 0)])
    return (train, dev) if most is None else (train[:most], dev[:20])


def merged(pairs: list[Pair]) -> list[Pair]:
    """One pair for each source, with all its translations as references."""
    targets: dict[str, list[str]] = {}
    for pair in pairs:
        targets.setdefault(pair.source, []).extend(pair.targets)
    return [Pair(source=source, targets=tuple(dict.fromkeys(every))) for source, every in targets.items()]


def run(
    task: str, arch: str, seed: int, train: list[Pair], dev: list[Pair], told: argparse.Namespace
) -> dict:
    changes = {"run.seed": str(seed), "data.text_column": "source", "data.label_column": "target"}
    if told.gpu:
        changes |= GPU
    if told.tiny:
        changes |= {"run.epochs": "1", "model.width": "32", "tokenizer.vocab_size": "400", "run.threads": "1"}
        changes |= {"model.source_length": "60", "data.batch_tokens": "600"}
    changes |= dict(item.split("=", 1) for item in told.set)
    recipe = seq2seq_preset(None, arch).override(changes)
    if task == "tatoeba":
        # Chinese and English share no words: a vocabulary of their own each keeps both small.
        recipe = replace(recipe, extra=recipe.extra | {"vocabulary": "separate"})
    with tempfile.TemporaryDirectory(prefix="datalect-seq2seq-") as scratch:
        folder = Path(scratch)
        # Early stopping looks at a twentieth of the training part, never at the part that is reported.
        kept = [pair for pair in train if is_valid(pair.source, 0.05, 1)]
        rest = [pair for pair in train if not is_valid(pair.source, 0.05, 1)]
        files = {name: folder / f"{name}.jsonl" for name in ("train", "valid", "dev")}
        for name, pairs in (("train", rest), ("valid", kept[:500]), ("dev", dev)):
            write(files[name], pairs)
        made = train_seq2seq(
            files["train"],
            recipe,
            folder / "model",
            valid=files["valid"],
            seconds=told.minutes * 60 if told.minutes else None,
        )
        metrics, n = evaluate_seq2seq(folder / "model", files["dev"], beams=told.beams)
    summary = made.summary()
    facts = {
        name: summary[name] for name in ("parameters", "tokens", "steps", "cpu_seconds", "seconds", "stopped")
    }
    return {"task": task, "model": arch, "seed": seed, **facts, "pairs": n, **metrics}


def write(path: Path, pairs: list[Pair]) -> None:
    rows = ({"source": pair.source, "target": list(pair.targets)} for pair in pairs)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def leads(dev: list[Pair]) -> list[dict]:
    """Figures of the first sentence, and of the best sentence, which only the reference tells."""
    from rouge_score.rouge_scorer import RougeScorer

    with lzma.open(DATA / "scitldr" / "dev.jsonl.xz", "rt", encoding="utf-8") as stream:
        sentences = [json.loads(line)["source"] for line in stream][: len(dev)]
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    best = [
        max(every, key=lambda s, pair=pair: max(scorer.score(t, s)["rougeL"].fmeasure for t in pair.targets))
        for every, pair in zip(sentences, dev, strict=True)
    ]
    rows = {"lead-1": [every[0] for every in sentences], "best sentence (oracle)": best}
    return [
        {"model": name, "pairs": len(dev), **text_metrics(texts, [pair.targets for pair in dev])}
        for name, texts in rows.items()
    ]


if __name__ == "__main__":
    main()
