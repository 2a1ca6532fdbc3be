"""Exported models compute the same logits in other libraries."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from datalect.errors import CheckpointError, UsageError
from datalect.lm.architectures import build
from datalect.lm.checkpoint import load_saved, save_model
from datalect.lm.config import LSTMConfig, TokenizerConfig, TransformerConfig
from datalect.lm.export import export_model
from datalect.lm.layouts import from_hf, from_hf_config, hf_config, layout_of, to_hf
from datalect.lm.tokenizers import train_tokenizer
from lm.models import TEXT, make_model

GPT2 = {"position": "learned", "norm": "layernorm", "activation": "gelu_tanh", "bias": True}
PLAIN = GPT2 | {"bias": False, "activation": "gelu", "ffn_width": 48}
LLAMA = {"norm": "rmsnorm", "activation": "swiglu", "kv_heads": 2, "tie": False}
TIED = {"norm": "rmsnorm", "activation": "swiglu", "bias": True, "rope_base": 500.0}
LAYOUTS = {"gpt2": GPT2, "gpt2-plain": PLAIN, "llama": LLAMA, "llama-tied": TIED}
SAMPLE = "Once upon a 从前 time, 3 lines"


def saved(folder, kind="bpe", **changes):
    """A model folder with random weights."""
    model = make_model(kind, **changes)
    with torch.no_grad():
        for name, parameter in model.module.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(std=0.1)
            elif parameter.dim() > 1:
                parameter.mul_(0.3)  # as large as trained ones: wild weights magnify roundings
    save_model(
        folder,
        model.module,
        {"tokenizer": model.tokenizer},
        task="lm",
        config=model.module.config,
        training={},
    )
    return load_saved(folder)


def our_logits(model, ids):
    with torch.no_grad():
        return model.module.logits(model.module(ids)[0])


def difference(found, wanted):
    """The greatest difference of logits."""
    return float((torch.as_tensor(found) - torch.as_tensor(wanted)).abs().max())


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_survive_both_ways(name):
    config = replace(
        TransformerConfig(context=8, layers=2, heads=4, width=32, vocab_size=40), **LAYOUTS[name]
    )
    torch.manual_seed(0)
    module = build(config).eval()
    again = from_hf_config(json.loads(json.dumps(hf_config(config, 39))), "x")
    assert layout_of(again) == layout_of(config) == name.split("-")[0]
    twin = build(again).eval()
    twin.load_state_dict(from_hf(to_hf(module.state_dict(), config), again, "x"))
    ids = torch.arange(8)[None]
    with torch.no_grad():
        assert torch.equal(module.logits(module(ids)[0]), twin.logits(twin(ids)[0]))


def test_other_transformers_have_no_layout():
    for changes in ({"qk_norm": True}, {"activation": "relu2"}, {"position": "sinusoidal"}):
        with pytest.raises(UsageError, match="no layout"):
            layout_of(replace(TransformerConfig(), **({"activation": "swiglu"} | changes)))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"model_type": "bert"}, "layout"),
        ({"hidden_size": "wide"}, "does not fit"),
        ({"num_hidden_layers": 10**9}, "does not fit"),
        ({"rope_parameters": {"rope_type": "yarn"}}, "does not fit"),
        ({"head_dim": 3}, "does not fit"),
    ],
)
def test_hostile_configurations_are_refused(changes, why):
    config = replace(TransformerConfig(vocab_size=40), activation="swiglu")
    with pytest.raises(CheckpointError, match=why):
        from_hf_config(hf_config(config, 39) | changes, "x")
    with pytest.raises(CheckpointError):
        from_hf_config([], "x")


@pytest.mark.parametrize(
    ("name", "kind"), [("gpt2", "bpe"), ("gpt2-plain", "byte"), ("llama", "unigram"), ("llama-tied", "bpe")]
)
def test_transformers_reads_the_hugging_face_folder(name, kind, tmp_path):
    transformers = pytest.importorskip("transformers")
    transformers.utils.logging.disable_progress_bar()
    model = saved(tmp_path / "model", kind, **LAYOUTS[name])
    made = export_model(str(tmp_path / "model"), "hf", tmp_path / "hf")
    assert made["bytes"] > 1000 and "model.safetensors" in made["files"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf")
    wanted = model.tokenizer.encode(SAMPLE)
    assert tokenizer(SAMPLE).input_ids == wanted
    assert tokenizer.decode(wanted) == SAMPLE and tokenizer.eos_token_id == model.tokenizer.end_id
    other = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "hf").eval()
    ids = torch.tensor([wanted[:20]])
    with torch.no_grad():
        assert difference(other(ids).logits, our_logits(model, ids)) < 1e-5


@pytest.mark.parametrize(
    ("name", "precision"), [("llama", "float32"), ("llama", "int8"), ("gpt2", "float16")]
)
def test_transformers_reads_the_gguf_file(name, precision, tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("gguf")
    pytest.importorskip("accelerate")
    from datalect.lm.pretrained import open_gguf

    transformers.utils.logging.disable_progress_bar()
    # The reader of transformers takes 1024 positions for granted in GPT-2 files.
    model = saved(tmp_path / "model", **LAYOUTS[name], **({"context": 1024} if name == "gpt2" else {}))
    made = export_model(str(tmp_path / "model"), "gguf", tmp_path / "m.gguf", precision=precision)
    assert made["bytes"] == (tmp_path / "m.gguf").stat().st_size
    other = open_gguf(tmp_path / "m.gguf")
    ids = model.tokenizer.encode(SAMPLE)[:20]
    assert other.encode(SAMPLE)[:20] == ids
    worst = difference(other.logits(ids), our_logits(model, torch.tensor([ids]))[0])
    assert worst < {"float32": 1e-5, "float16": 2e-2, "int8": 0.5}[precision]


def test_gguf_wants_byte_pairs(tmp_path):
    pytest.importorskip("gguf")
    saved(tmp_path / "model", "byte", **LLAMA)
    with pytest.raises(UsageError, match="GGUF"):
        export_model(str(tmp_path / "model"), "gguf", tmp_path / "m.gguf")
    assert not (tmp_path / "m.gguf").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["own", "llama"])
def test_onnx_gives_the_same_logits(name, tmp_path):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    model = saved(tmp_path / "model", **({"qk_norm": True} if name == "own" else LAYOUTS[name]))
    made = export_model(str(tmp_path / "model"), "onnx", tmp_path / "m.onnx")
    assert made["difference"] < 1e-4 and made["agreement"] == 1.0
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    ids = torch.tensor([model.tokenizer.encode(SAMPLE)[:5]])
    (found,) = session.run(None, {"ids": ids.numpy()})
    assert np.abs(found - our_logits(model, ids).numpy()).max() < 1e-4
    about = json.loads((tmp_path / "m.json").read_text())
    assert about["context"] == 24 and about["tokenizer"]["kind"] == "bpe"


def test_onnx_of_a_recurrent_model_in_eight_bits(tmp_path):
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    tokenizer = train_tokenizer(TokenizerConfig(kind="char"), [TEXT])
    config = LSTMConfig(vocab_size=tokenizer.vocab_size, width=64)
    torch.manual_seed(0)
    save_model(
        tmp_path / "model", build(config), {"tokenizer": tokenizer}, task="lm", config=config, training={}
    )
    plain = export_model(str(tmp_path / "model"), "onnx", tmp_path / "a.onnx")
    small = export_model(str(tmp_path / "model"), "onnx", tmp_path / "b.onnx", precision="int8")
    assert plain["difference"] < 1e-4
    assert small["bytes"] < 0.6 * plain["bytes"] and small["difference"] < 0.1


def test_what_has_no_such_form_is_refused(tmp_path):
    saved(tmp_path / "char", "char", **LLAMA)
    saved(tmp_path / "own", "bpe", qk_norm=True)
    folder = tmp_path / "there"
    folder.mkdir()
    for call in (
        lambda: export_model(str(tmp_path / "char"), "hf", tmp_path / "a"),
        lambda: export_model(str(tmp_path / "own"), "hf", tmp_path / "a"),
        lambda: export_model(str(tmp_path / "own"), "hf", tmp_path / "a", precision="int8"),
        lambda: export_model(str(tmp_path / "own"), "onnx", tmp_path / "a", precision="float16"),
        lambda: export_model(str(tmp_path / "own"), "onnx", folder),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.expected
    assert not (tmp_path / "a").exists()
