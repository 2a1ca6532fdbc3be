"""Model folders: what is saved comes back bit for bit; whatever is wrong with a folder is refused."""

from __future__ import annotations

import json
import pickle
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file

from datalect.errors import CheckpointError, DatalectError
from datalect.lm import load_model
from datalect.lm.checkpoint import describe_model, load_saved, save_model
from datalect.lm.files import CHECKSUMS, tensor_shapes, verify_checksums, write_checksums
from datalect.lm.store import find_model, list_models, named_folder, remove_model
from lm.models import make_model


@pytest.fixture
def folder(tmp_path):
    model = make_model("bpe")
    save(model, tmp_path / "saved")
    return tmp_path / "saved"


def save(model, folder):
    module = model.module
    save_model(
        folder,
        module,
        {"tokenizer": model.tokenizer},
        task="lm",
        config=module.config,
        training={"recipe": {"optim": {"lr": 0.1}}, "data": {"licence": "CC0"}, "figures": {"loss": 1.5}},
    )


@pytest.mark.slow
def test_a_model_comes_back_bit_for_bit(folder):
    model, again = make_model("bpe"), load_model(str(folder))
    for (name, one), (_, other) in zip(
        model.module.state_dict().items(), again.module.state_dict().items(), strict=True
    ):
        assert torch.equal(one, other), name
    ids = model.encode("Once upon a 时")
    assert again.encode("Once upon a 时") == ids
    assert (again.logits(ids) == model.logits(ids)).all()
    assert again.module.config == model.module.config


def test_the_card_tells_data_licence_recipe_and_figures(folder):
    card = (folder / "README.md").read_text()
    for word in ("CC0", "optim.lr", "1.5", "transformer", "lm"):
        assert word in card


def test_no_file_is_a_pickle(folder):
    for path in folder.iterdir():
        with pytest.raises(Exception):  # noqa: B017 - whatever unpickling raises, it must not succeed
            pickle.loads(path.read_bytes())


def refused(folder, *, resum=False):
    if resum:
        write_checksums(folder, [p.name for p in folder.iterdir() if p.name != CHECKSUMS])
    with pytest.raises(CheckpointError) as caught:
        load_model(str(folder))
    assert caught.value.exit_code == 3
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["model.safetensors", "tokenizer.json", "config.json", "training.json", "README.md"]
)
def test_a_changed_file_is_noticed(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    refused(folder)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json", CHECKSUMS])
def test_a_missing_file_is_noticed(folder, name):
    (folder / name).unlink()
    refused(folder)


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_truncated_weights_are_refused(folder, keep):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    refused(folder, resum=True)


@pytest.mark.parametrize("length", [2**63, 2**40, 0, 1, 1 << 26])
def test_an_oversized_header_is_refused_without_reading_it(folder, length):
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])
    assert "header" in refused(folder, resum=True)


def test_a_header_that_claims_a_huge_tensor_is_refused(folder):
    header = json.dumps({"x": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert "truncated" in refused(folder, resum=True) or "fit" in refused(folder)


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{",
        b'{"x": 3}',
        b'{"x": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
        b'{"x": {}}',
        b"\xff" * 40,
        b"[" * 50_000,
    ],
)
def test_a_broken_header_is_refused(tmp_path, header):
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(CheckpointError):
        tensor_shapes(path)


def change_weights(folder, change):
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(folder, value):
    change_weights(folder, lambda t: t["norm.weight"].__setitem__(3, value))
    assert "NaN" in refused(folder, resum=True)


def test_wrong_shapes_missing_and_surplus_tensors_are_refused(folder):
    change_weights(folder, lambda t: t.__setitem__("norm.weight", torch.ones(33)))
    assert "norm.weight" in refused(folder, resum=True)
    change_weights(folder, lambda t: t.pop("norm.weight"))
    refused(folder, resum=True)
    change_weights(folder, lambda t: t.update({"norm.weight": torch.ones(32), "more": torch.ones(1)}))
    assert "more" in refused(folder, resum=True)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"version": 99},
        {"version": "1"},
        {"architecture": "os.system"},
        {"architecture": None},
        {"model": {"layers": 10**9}},
        {"model": {"width": 10**12}},
        {"model": []},
        {"tokenizers": None},
        {"task": 3},
        {"tokenizers": {"../../etc/passwd": {"kind": "char"}}},
        {"tokenizers": {"tokenizer": {"kind": "pickle"}}},
        {"extra": []},
    ],
)
def test_absurd_configurations_are_refused(folder, change):
    path = folder / "config.json"
    values = json.loads(path.read_text())
    for key, value in change.items():
        values[key] = values[key] | value if key == "model" and isinstance(value, dict) else value
    path.write_text(json.dumps(values))
    refused(folder, resum=True)


@pytest.mark.slow
def test_a_huge_configuration_allocates_nothing(folder):
    path = folder / "config.json"
    values = json.loads(path.read_text())
    values["model"] |= {
        "layers": 500,
        "width": 65_536,
        "heads": 64,
        "vocab_size": 4_000_000,
        "context": 4_194_304,
    }
    path.write_text(json.dumps(values))
    assert "fit" in refused(folder, resum=True)


def test_a_pickled_model_is_named_as_one(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    with pytest.raises(CheckpointError, match="pickle"):
        describe_model(tmp_path)


def test_checksums_cannot_point_outside(folder):
    (folder / CHECKSUMS).write_text(json.dumps({"sha256": {"../other": "0"}}))
    with pytest.raises(CheckpointError):
        verify_checksums(folder)


def test_saving_again_replaces_the_model(folder):
    save(make_model("bpe", seed=9), folder)
    assert torch.equal(load_saved(folder).module.norm.weight, make_model("bpe", seed=9).module.norm.weight)
    load_model(str(folder))


def test_models_are_found_by_name(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DATALECT_MODELS", str(tmp_path))
    assert find_model("saved") == folder == find_model(str(folder))
    (tmp_path / "broken").mkdir()
    entries = {entry.name: entry for entry in list_models()}
    assert entries["saved"].task == "lm" and not entries["saved"].problem
    assert entries["broken"].problem
    with pytest.raises(CheckpointError, match="saved"):
        find_model("nothing")
    assert remove_model("saved") > 0 and not folder.exists()
    for wrong in ("", "..", "../x", "a/b", ".hidden", "x" * 200, "a\0b"):
        with pytest.raises(DatalectError):
            named_folder(wrong)
        with pytest.raises(DatalectError):
            remove_model(wrong)
