"""Tiny Shakespeare by characters: our preset against a plain loop with nanoGPT's published CPU settings.

    python benchmarks/lm_shakespeare.py [--seeds 3] [--quality | --speed]

Quality: the preset `shakespeare-char-cpu` is trained from each seed (2,000 steps of 12 x 64 tokens, 0.80 M
parameters); the loss is over the whole last tenth of the text, windows side by side, and with sliding
windows. The rival (`lm_reference.py`) gets the same tokens and the same measure.

Speed: both train by turns in processes of their own, twenty steps each, on one thread, so that what else the
machine does meets both; the ratio is of their median CPU seconds per step. Needs
../shared/data/english_public_domain. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from datalect.lm.architectures import build
from datalect.lm.causal import count_parameters
from datalect.training.allocator import keep_freed_memory
from datalect.training.evaluate import evaluate_model
from datalect.training.language import LanguageTask, train_language_model
from datalect.training.loop import Loop, seed_everything
from datalect.training.metrics import Silent
from datalect.training.prepare import prepare
from datalect.training.presets import preset
from lm_reference import BATCH, BLOCK, ReferenceRun

SHARED = Path(os.environ.get("DATALECT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
SOURCE = SHARED / "data" / "english_public_domain" / "tiny_shakespeare.txt.xz"
ROUNDS, TURN = 12, 20
LIMIT_LOSS, LIMIT_RATIO = 1.60, 1.2


def quality(seeds: int, scratch: Path) -> dict:
    text = lzma.open(SOURCE, "rt", encoding="utf-8").read()
    cut = int(len(text) * 0.9)
    alphabet = {c: i for i, c in enumerate(sorted(set(text)))}
    ids = np.array([alphabet[c] for c in text])
    valid_file = scratch / "valid.txt"
    valid_file.write_text(text[cut:], encoding="utf-8")
    ours, sliding, rival, seconds, rival_seconds = [], [], [], [], []
    for seed in range(seeds):
        recipe = preset("shakespeare-char-cpu").override({"run.seed": str(seed)})
        trained = train_language_model(SOURCE, recipe, scratch / f"seed-{seed}", watcher=Silent())
        ours.append(trained.valid["loss"])
        seconds.append(trained.outcome.progress.cpu_seconds)
        made = evaluate_model(str(trained.folder), valid_file, sliding=True)
        sliding.append(made["metrics"]["loss"])
        reference = ReferenceRun(ids[:cut], len(alphabet), seed=seed, steps=2000)
        reference.run(2000)
        rival.append(reference.evaluate(ids[cut:]))
        rival_seconds.append(reference.cpu_seconds)
        print(
            f"seed {seed}: ours {ours[-1]:.4f} (sliding {sliding[-1]:.4f}), reference {rival[-1]:.4f}",
            flush=True,
        )
    return {
        "parameters": trained.parameters,
        "reference_parameters": count_parameters(reference.model),
        "tokens": trained.outcome.progress.tokens,
        "loss": ours,
        "loss_mean": statistics.mean(ours),
        "loss_sliding_mean": statistics.mean(sliding),
        "reference_loss": rival,
        "reference_loss_mean": statistics.mean(rival),
        "cpu_seconds_mean": statistics.mean(seconds),
        "reference_cpu_seconds_mean": statistics.mean(rival_seconds),
        "reached": max(ours) < LIMIT_LOSS,
    }


def speed() -> dict:
    """Median CPU seconds per step of each runner, taken by turns."""
    names = [f"{who} {precision}" for precision in ("float32", "bfloat16") for who in ("reference", "ours")]
    command = [sys.executable, __file__, "--worker"]
    workers = {
        name: subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for name in names
    }
    turns: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name, worker in workers.items():
            worker.stdin.write("go\n")
            worker.stdin.flush()
            turns[name].append(float(worker.stdout.readline()) / TURN)
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()
    # The first round warms caches up.
    each = {name: statistics.median(values[1:]) for name, values in turns.items()}
    plain = each["reference float32"]
    ratios = {name: round(plain / value, 3) for name, value in each.items()}
    precision = preset("shakespeare-char-cpu").run.precision
    return {
        "tokens_per_cpu_second": {name: round(BATCH * BLOCK / value) for name, value in each.items()},
        "ratio_to_reference_float32": ratios,
        "preset_precision": precision,
        "reached": ratios[f"ours {precision}"] >= LIMIT_RATIO,
    }


def worker(name: str) -> None:
    """Take twenty steps for each line of standard input, and tell their CPU seconds."""
    who, precision = name.split()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="lm-shakespeare-") as scratch:
        run = _reference(precision) if who == "reference" else _ours(precision, Path(scratch))
        for _ in sys.stdin:
            began = time.process_time()
            run(TURN)
            print(time.process_time() - began, flush=True)


def _reference(precision: str):
    ids = np.random.default_rng(0).integers(0, 65, 1_000_000)
    return ReferenceRun(ids, 65, seed=0, steps=2000, bfloat16=precision == "bfloat16").run


def _ours(precision: str, scratch: Path):
    keep_freed_memory()  # as `datalect train` does
    recipe = preset("shakespeare-char-cpu").override({"run.precision": precision})
    ready = prepare(SOURCE, recipe, scratch / "tokens", valid=None, note=lambda _: None)
    recipe = replace(recipe, model=replace(recipe.model, vocab_size=ready.tokenizer.vocab_size))
    seed_everything(0)
    task = LanguageTask(ready.train, ready.valid, ready.valid_size, recipe)
    loop = Loop(build(recipe.model), task, recipe, scratch / precision, Silent())

    def run(steps: int) -> None:
        for _ in range(steps):
            loop.step()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--quality", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        worker(chosen.worker)
        return
    torch.set_num_threads(1)
    made: dict = {"benchmark": "lm_shakespeare", "torch": str(torch.__version__)}
    with tempfile.TemporaryDirectory(prefix="lm-shakespeare-") as scratch:
        if not chosen.quality:
            made["speed"] = speed()
            print(json.dumps(made["speed"]), flush=True)
        if not chosen.speed:
            made["quality"] = quality(chosen.seeds, Path(scratch))
    print(json.dumps(made))


if __name__ == "__main__":
    main()
