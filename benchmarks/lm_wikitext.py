"""Word-level language models on WikiText-2, beside the recipe of the PyTorch word-language-model example.

    python benchmarks/lm_wikitext.py --sizes 7m --epochs 1 --seeds 3
    python benchmarks/lm_wikitext.py --sizes 7m --epochs 0.02 --no-adapt
    python benchmarks/lm_wikitext.py --train FILE --valid FILE --sizes 13m

Both see the same closed vocabulary, have the same number of parameters and are trained on the same number of
tokens, on one thread; CPU seconds are those of the training steps alone. Ours is evaluated as it is, with a
neural cache and with dynamic evaluation. The share of the softmax is the CPU time of its forward and backward
pass over that of whole steps. The test part is never read. The last line is one JSON object.

On a GPU: datalect train lm train.txt --valid valid.txt --preset wikitext2-lstm-33m-gpu --name wikitext2
then datalect evaluate wikitext2 --data valid.txt, and again with --dynamic.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from datalect.lm.adapt import CacheConfig, DynamicConfig, score_adaptively
from datalect.lm.architectures import build
from datalect.lm.causal import CausalModel, detach
from datalect.lm.checkpoint import load_saved
from datalect.training.config import Recipe
from datalect.training.language import train_language_model
from datalect.training.metrics import ProgressLine, Silent
from datalect.training.optim import Optimizers
from datalect.training.prepare import prepare
from datalect.training.presets import preset
from datalect.training.windows import Windows
from word_language_model_reference import train as train_reference

# Preset of ours and width of the reference, of (nearly) equal size.
SIZES = {"7m": ("wikitext2-lstm-7m", 200), "13m": ("wikitext2-lstm-13m", 330)}


def softmax_share(model: CausalModel, windows: Windows, recipe: Recipe, steps: int = 12) -> float:
    """Share of a training step's CPU time that the output layer and its gradient take."""
    model.train()
    optimizers, state = Optimizers(model, recipe.optim), None
    output = whole = 0.0
    for step in range(steps + 2):
        (batch,) = windows.batches(step)
        began = time.process_time()
        hidden, state = model(batch.inputs, state)
        state = detach(state)
        cut = hidden.detach().requires_grad_()
        before = time.process_time()
        model.nll(cut, batch.targets).mean().backward()
        after = time.process_time()
        hidden.backward(cut.grad)
        optimizers.step(0.0)
        if step >= 2:  # the first steps pay for memory
            output += after - before
            whole += time.process_time() - began
    return output / whole


def one(
    recipe: Recipe, train: Path, valid: Path, arguments: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    """Train one of ours and measure it in every way."""
    watcher = ProgressLine(every_seconds=60) if arguments.verbose else Silent()
    trained = train_language_model(train, recipe, folder, valid=valid, watcher=watcher)
    saved = load_saved(folder)
    assert isinstance(saved.module, CausalModel)
    ready = prepare(train, recipe, folder / "run", valid=valid, note=lambda text: None)
    made = {
        "parameters": trained.parameters,
        "tokens": trained.outcome.progress.tokens,
        "cpu_seconds": round(trained.outcome.progress.cpu_seconds, 1),
        "static": round(trained.valid["perplexity"], 2),
    }
    if not arguments.no_adapt:
        for name, how in (
            ("cache", {"cache": CacheConfig()}),
            ("dynamic", {"dynamic": DynamicConfig()}),
            ("dynamic_cache", {"cache": CacheConfig(), "dynamic": DynamicConfig()}),
        ):
            began = time.process_time()
            scored = score_adaptively(saved.module, ready.valid, **how)
            made[name] = round(math.exp(scored.loss), 2)
            made[f"{name}_cpu_seconds"] = round(time.process_time() - began, 1)
    fresh = build(saved.description.config)
    assert isinstance(fresh, CausalModel)
    made["softmax_share"] = round(softmax_share(fresh, Windows(ready.train, recipe.data, 0), recipe), 3)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/wikitext2"))
    parser.add_argument("--train", type=Path)
    parser.add_argument("--valid", type=Path)
    parser.add_argument("--sizes", default="7m")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--set", action="append", default=[], help="recipe field of ours, such as optim.lr=0.003"
    )
    parser.add_argument("--no-adapt", action="store_true", help="leave out cache and dynamic evaluation")
    parser.add_argument("--no-reference", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    train = arguments.train or arguments.data / "train.txt.xz"
    valid = arguments.valid or arguments.data / "valid.txt.xz"
    table: dict[str, Any] = {}
    for size in arguments.sizes.split(","):
        name, width = SIZES[size]
        ours, theirs = [], []
        for seed in range(arguments.seeds):
            changes = {"run.epochs": str(arguments.epochs), "run.seed": str(seed), "run.threads": "1"}
            recipe = preset(name).override(changes | dict(pair.split("=", 1) for pair in arguments.set))
            with tempfile.TemporaryDirectory() as scratch:
                folder = Path(scratch) / "model"
                ours.append(one(recipe, train, valid, arguments, folder))
                print(size, "ours", json.dumps(ours[-1]), flush=True)
                if not arguments.no_reference:
                    recipe = replace(recipe, run=replace(recipe.run, seed=seed))
                    ready = prepare(train, recipe, folder / "run", valid=valid, note=lambda text: None)
                    ids = [torch.from_numpy(part.take(0, len(part))) for part in (ready.train, ready.valid)]
                    words, tokens = ready.tokenizer.vocab_size, ours[-1]["tokens"]
                    theirs.append(train_reference(*ids, words, width=width, tokens=tokens, seed=seed))
                    print(size, "reference", json.dumps(theirs[-1]), flush=True)
        table[size] = {"ours": mean(ours)} | ({"reference": mean(theirs)} if theirs else {})
        if theirs:
            gain = 1 - table[size]["ours"]["static"] / table[size]["reference"]["perplexity"]
            table[size]["lower_by"] = round(gain, 4)
    print(
        json.dumps(
            {"benchmark": "lm_wikitext", "epochs": arguments.epochs, "seeds": arguments.seeds, **table}
        )
    )


def mean(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Mean of each figure over the seeds."""
    return {key: round(statistics.mean(run[key] for run in runs), 4) for key in runs[0]}


if __name__ == "__main__":
    main()
