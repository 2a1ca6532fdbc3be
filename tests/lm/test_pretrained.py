"""Models from elsewhere keep the promises of ours: Hugging Face folders, endpoints; and tuning."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch

from datalect.errors import CheckpointError, ModelError, UsageError
from datalect.lm.base import GenerationOptions, LanguageModel
from datalect.lm.checkpoint import load_saved, save_model
from datalect.lm.endpoint import Endpoint, EndpointModel, parse_endpoint
from datalect.lm.export_hf import export_hf
from datalect.lm.load import load_model
from datalect.lm.local import LocalModel
from datalect.lm.lora import LowRank, add_lora, merge_lora
from datalect.lm.pretrained import open_gguf
from datalect.testing import check_language_model, check_tokenizer
from datalect.training.tuning import open_base, tune_language_model, tuning_recipe
from lm.models import TEXT, make_model, make_transformer

LLAMA = {"norm": "rmsnorm", "activation": "swiglu", "kv_heads": 2, "tie": False}
GREEDY = GenerationOptions(max_tokens=12, temperature=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Hugging Face folder of the Llama layout, and the model it was made from."""
    root = tmp_path_factory.mktemp("pretrained")
    model = make_model("bpe", **LLAMA)
    save_model(
        root / "ours",
        model.module,
        {"tokenizer": model.tokenizer},
        task="lm",
        config=model.module.config,
        training={},
    )
    export_hf(load_saved(root / "ours"), root / "hf")
    return root / "hf", model


def test_a_native_folder_runs_on_our_transformer(folder):
    path, original = folder
    model = load_model(f"hf:{path}")
    assert isinstance(model, LocalModel)
    check_language_model(model)
    check_tokenizer(model.tokenizer)
    ids = original.encode("Once upon a time")
    assert model.encode("Once upon a time") == ids
    assert np.array_equal(model.logits(ids), original.logits(ids))
    assert model.generate(["It said"], GREEDY)[0].text == original.generate(["It said"], GREEDY)[0].text


def test_other_folders_run_on_transformers(folder, tmp_path):
    transformers = pytest.importorskip("transformers")
    transformers.utils.logging.disable_progress_bar()
    path, original = folder
    torch.manual_seed(0)
    # A layout of which our Transformer knows nothing.
    size = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.GPTNeoXConfig(
        vocab_size=original.tokenizer.vocab_size, max_position_embeddings=64, **size
    )
    transformers.GPTNeoXForCausalLM(config).save_pretrained(tmp_path / "neox")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "neox" / name).write_bytes((path / name).read_bytes())
    model = load_model(f"hf:{tmp_path / 'neox'}")
    assert not isinstance(model, LocalModel)
    check_language_model(model)
    check_tokenizer(model.tokenizer)


def test_damaged_and_pickled_folders_are_refused(folder, tmp_path):
    path, _ = folder

    def copy(name, **changed):
        made = tmp_path / name
        made.mkdir()
        for file in path.iterdir():
            (made / file.name).write_bytes(changed.get(file.name.split(".")[0], file.read_bytes()))
        return made

    whole = (path / "model.safetensors").read_bytes()
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_bytes((path / "config.json").read_bytes())
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    values = json.loads((path / "config.json").read_text())
    wider = json.dumps(values | {"intermediate_size": 160}).encode()
    endless = json.dumps(values | {"eos_token_id": None}).encode()
    for broken in (
        copy("cut", model=whole[:-10]),
        copy("noise", tokenizer=b"{}"),
        copy("wider", config=wider),
        copy("endless", config=endless),
        pickled,
        tmp_path / "nothing-of-the-kind-is-here",
    ):
        with pytest.raises(CheckpointError) as caught:
            load_model(f"hf:{broken}")
        assert str(caught.value)
    (tmp_path / "x.gguf").write_bytes(b"no gguf")
    with pytest.raises(CheckpointError, match="no GGUF"):
        load_model(str(tmp_path / "x.gguf"))
    with pytest.raises(CheckpointError, match="no file"):
        open_gguf(tmp_path / "y.gguf")


# ---------------------------------------------------------------- endpoints


class Server(BaseHTTPRequestHandler):
    """The completions protocol over one of our models."""

    model: LanguageModel
    chat_only = False
    seen: list[dict] = []  # noqa: RUF012 - one server, one list

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        chat = self.path.endswith("/chat/completions")
        if self.chat_only and not chat:
            self.send_error(404)
            return
        if self.headers.get("authorization") != "Bearer secret-key":
            self._send(401, {"error": {"message": "wrong key secret-key"}})
            return
        type(self).seen.append(body)
        options = GenerationOptions(
            max_tokens=body["max_tokens"],
            temperature=body["temperature"],
            top_p=body["top_p"],
            stop=tuple(body.get("stop", ())),
            seed=body.get("seed"),
        )
        prompt = body["messages"][0]["content"] if chat else body["prompt"]
        if body.get("stream"):
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for piece in self.model.stream(prompt, options):
                choice = {"delta": {"content": piece}} if chat else {"text": piece}
                self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")
            return
        (made,) = self.model.generate([prompt], options)
        choice = {"message": {"content": made.text}} if chat else {"text": made.text}
        choice["finish_reason"] = "length" if made.reason == "length" else "stop"
        self._send(200, {"choices": [choice], "usage": {"completion_tokens": made.tokens}})

    def _send(self, status, value):
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(params=[False, True], ids=["completions", "chats"])
def endpoint(request):
    handler = type("Handler", (Server,), {"model": make_model(), "chat_only": request.param, "seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1#tiny", handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_endpoint_keeps_the_promises_of_a_language_model(endpoint, monkeypatch):
    spec, handler = endpoint
    monkeypatch.setenv("DATALECT_API_KEY", "secret-key")
    model = load_model(spec)
    assert isinstance(model, EndpointModel)
    check_language_model(model)
    (made,) = model.generate(["Once upon"], GREEDY)
    assert made.text == handler.model.generate(["Once upon"], GREEDY)[0].text
    assert handler.seen[-1]["model"] == "tiny" and "top_k" not in handler.seen[-1]
    model.generate(["Once"], replace(GREEDY, top_k=3))
    assert handler.seen[-1]["top_k"] == 3
    with pytest.raises(UsageError, match="beam"):
        model.generate(["Once"], replace(GREEDY, beams=2))
    model.close()
    model.close()


def test_an_endpoint_that_refuses_says_why_without_the_key(endpoint):
    spec, _ = endpoint
    model = EndpointModel(replace(parse_endpoint(spec, api_key=""), api_key="secret-ke"))
    with pytest.raises(ModelError) as caught:
        model.generate(["Once"], GREEDY)
    assert "401" in str(caught.value) and "secret-ke" not in str(caught.value)
    with pytest.raises(ModelError):
        list(model.stream("Once", GREEDY))
    model.close()
    nobody = EndpointModel(Endpoint(base_url="http://127.0.0.1:9", model="x", timeout=5))
    with pytest.raises(ModelError, match="No model endpoint"):
        nobody.generate(["Once"], GREEDY)
    nobody.close()


@pytest.mark.parametrize("spec", ["http://host/v1", "http://#m", "http://user:pw@host/v1#m", "ftp://host#m"])
def test_addresses_that_are_none_are_refused(spec):
    with pytest.raises(UsageError) as caught:
        parse_endpoint(spec)
    assert "pw" not in str(caught.value)


# ---------------------------------------------------------------- tuning


def test_low_rank_updates_start_at_nothing_and_merge_exactly():
    module, ids = make_transformer(), torch.arange(10)[None]
    with torch.no_grad():
        before = module.logits(module(ids)[0])
    few = add_lora(module, rank=2, alpha=4)
    assert few == sum(p.numel() for p in module.parameters() if p.requires_grad)
    assert few < sum(p.numel() for p in module.parameters()) / 4
    with torch.no_grad():
        assert torch.equal(module.logits(module(ids)[0]), before)
        for part in module.modules():
            if isinstance(part, LowRank):
                part.up.normal_(std=0.1)
        changed = module.logits(module(ids)[0])
        names = set(make_transformer().state_dict())
        merge_lora(module)
        assert set(module.state_dict()) == names and not torch.allclose(changed, before)
        assert torch.allclose(module.logits(module(ids)[0]), changed, atol=1e-3)
    for wrong in ({"rank": 0}, {"alpha": float("nan")}, {"dropout": 1.0}):
        with pytest.raises(UsageError, match="low-rank"):
            add_lora(make_transformer(), **wrong)


def test_tuning_learns_and_leaves_the_base_alone(folder, tmp_path):
    path, original = folder
    text = tmp_path / "text.txt"
    text.write_text(TEXT * 3, encoding="utf-8")
    base = f"hf:{path}"
    module, tokenizer = open_base(base)
    recipe = tuning_recipe(base, module).override(
        {"run.steps": "30", "run.eval_every": "30", "data.length": "20", "optim.lr": "0.02"}
    )
    made = tune_language_model(text, recipe, tmp_path / "tuned")
    facts = json.loads((tmp_path / "tuned" / "training.json").read_text())["data"]
    assert made.valid["loss"] < facts["validation loss of the base"] - 0.5
    tuned = load_model(str(tmp_path / "tuned"))
    check_language_model(tuned)
    assert tuned.encode("Once upon") == tokenizer.encode("Once upon") == original.encode("Once upon")
    with pytest.raises(UsageError, match=r"data\.length"):
        tune_language_model(text, recipe.override({"data.length": "99"}), tmp_path / "b")
    with pytest.raises(UsageError, match="another model"):
        tune_language_model(text, recipe.override({"model.layers": "3"}), tmp_path / "b")
    with pytest.raises(CheckpointError, match="cannot be tuned"):
        open_base(f"hf:{tmp_path}")
