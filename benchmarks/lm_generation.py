"""Generation at batch 1 on a GPT-2 shape of 11 M parameters: ours against `generate` of transformers.

    python benchmarks/lm_generation.py [--tokens 128] [--rounds 8]

Both hold the same random weights (6 layers, 6 heads, width 384, 256 byte tokens, context 256), continue the
same prompt greedily on one thread, by turns, so that what else the machine does meets both. Figures are
tokens per CPU second; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from datalect.lm.architectures import build
from datalect.lm.base import GenerationOptions
from datalect.lm.causal import count_parameters
from datalect.lm.config import TransformerConfig
from datalect.lm.generate import continue_rows
from datalect.lm.layouts import hf_config, to_hf
from datalect.lm.tokenizers.symbols import ByteTokenizer

LIMIT_RATIO = 1.5
CONFIG = TransformerConfig(
    vocab_size=257, context=256, layers=6, heads=6, width=384, position="learned", norm="layernorm",
    activation="gelu_tanh", bias=True, tie=True, init="gpt2",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=8)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    module = build(CONFIG).eval()
    with torch.no_grad():  # random weights of usual size repeat one token; larger ones move
        for parameter in module.parameters():
            parameter.mul_(4.0 if parameter.dim() > 1 else 1.0)
    tokenizer = ByteTokenizer()
    values = hf_config(CONFIG, tokenizer.end_id)
    about = ("architectures", "model_type")
    rival = GPT2LMHeadModel(GPT2Config(**{k: v for k, v in values.items() if k not in about}))
    rival.load_state_dict(to_hf(module.state_dict(), CONFIG), strict=False)
    rival.eval()
    prompt = tokenizer.encode("It is a truth ")
    options = GenerationOptions(max_tokens=chosen.tokens, temperature=0)

    def ours() -> list[int]:
        return list(continue_rows(module, tokenizer, [prompt], options))[-1][0].ids

    def theirs() -> list[int]:
        ids = torch.tensor([prompt])
        with torch.inference_mode():
            made = rival.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=chosen.tokens,
                do_sample=False,
                pad_token_id=tokenizer.end_id,
                eos_token_id=tokenizer.end_id,
            )
        return made[0, len(prompt) :].tolist()

    same = ours() == theirs()
    speeds: dict[str, list[float]] = {"ours": [], "transformers": []}
    for _ in range(chosen.rounds):
        for name, run in (("ours", ours), ("transformers", theirs)):
            began = time.process_time()
            made = run()
            speeds[name].append(len(made) / (time.process_time() - began))
    each = {name: statistics.median(values) for name, values in speeds.items()}
    ratio = each["ours"] / each["transformers"]
    print(
        json.dumps(
            {
                "benchmark": "lm_generation",
                "parameters": count_parameters(module),
                "tokens": chosen.tokens,
                "tokens_per_cpu_second": {name: round(value, 1) for name, value in each.items()},
                "ratio": round(ratio, 3),
                "same_greedy_tokens": same,
                "reached": same and ratio >= LIMIT_RATIO,
            }
        )
    )


if __name__ == "__main__":
    main()
