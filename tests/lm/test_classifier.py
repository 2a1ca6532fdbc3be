"""Text classifiers: invariances, metrics, calibration, checkpoints, pre-trained encoders."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from datalect.errors import CheckpointError, UsageError  # noqa: E402
from datalect.lm.architectures import build, config_of  # noqa: E402
from datalect.lm.calibration import fit_temperature, probabilities  # noqa: E402
from datalect.lm.checkpoint import save_model  # noqa: E402
from datalect.lm.classification_metrics import (  # noqa: E402
    calibration_error,
    multi_label_metrics,
    single_label_metrics,
)
from datalect.lm.classifier import Bag, Classifier, both_ends  # noqa: E402
from datalect.lm.classifier_config import BagConfig, ClassifierConfig, EncoderConfig  # noqa: E402
from datalect.lm.classify import TrainedClassifier, by_size, load_classifier, logits_of  # noqa: E402
from datalect.lm.config import TokenizerConfig  # noqa: E402
from datalect.lm.encoder import EncoderClassifier, load_pretrained, read_encoder_config  # noqa: E402
from datalect.lm.files import write_tensors  # noqa: E402
from datalect.lm.ngrams import features, grams  # noqa: E402
from datalect.lm.tokenizers import train_tokenizer  # noqa: E402
from datalect.lm.tokenizers.pretrained import PretrainedTokenizer  # noqa: E402

TEXTS = [
    "a good film",
    "bad, bad film!",
    "很好看的电影",
    "不好看",
    "",
    "so-so 一般 film with many more words than others",
]
SMALL: dict[str, dict[str, Any]] = {
    "bag-classifier": {"vocab_size": 512},
    "lstm-classifier": {"width": 8, "hidden": 6, "layers": 2},
    "gru-classifier": {"width": 8, "hidden": 6},
    "cnn-classifier": {"width": 8, "filters": 5, "kernels": [1, 3, 6]},
    "transformer-classifier": {"width": 16, "heads": 2, "layers": 2},
}


def small(architecture: str, **changes: Any) -> TrainedClassifier:
    torch.manual_seed(3)
    tokenizer = None
    values = {"labels": 3} | SMALL[architecture] | changes
    if architecture != "bag-classifier":
        tokenizer = train_tokenizer(TokenizerConfig(kind="char"), TEXTS)
        values["vocab_size"] = tokenizer.vocab_size
    module = build(config_of(architecture, values))
    assert isinstance(module, Classifier)
    if isinstance(module, Bag):
        hot = torch.eye(3)[torch.tensor([0, 1, 0, 1, 2, 2])]
        module.learn_counts([module.example(text) for text in TEXTS], hot)
        with torch.no_grad():
            module.table.normal_()
    return TrainedClassifier(module, tokenizer, ["a", "b", "c"])


@pytest.mark.slow
@pytest.mark.parametrize("architecture", SMALL)
@given(texts=st.lists(st.one_of(st.sampled_from(TEXTS), st.text(max_size=30)), min_size=1, max_size=6))
@settings(max_examples=12)
def test_what_a_text_gets_does_not_depend_on_the_texts_beside_it(architecture: str, texts: list[str]) -> None:
    texts = [text for text in texts if not any("\ud800" <= c <= "\udfff" for c in text)] or ["x"]
    model = small(architecture)
    together = model.logits(texts)
    alone = torch.cat([model.logits([text]) for text in texts])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    assert bool(torch.isfinite(together).all())


@pytest.mark.parametrize("architecture", ["lstm-classifier", "gru-classifier", "transformer-classifier"])
def test_order_matters_to_models_that_read_it(architecture: str) -> None:
    model = small(architecture)
    assert not torch.allclose(model.logits(["good film"]), model.logits(["film good"]), atol=1e-5)


@pytest.mark.parametrize("architecture", SMALL)
def test_dropout_acts_in_training_only(architecture: str) -> None:
    name = "dropout" if architecture == "bag-classifier" else "dropout_embedding"
    model = small(architecture, **{name: 0.5}, **({"width": 4} if architecture == "bag-classifier" else {}))
    inputs = model.module.collate([model.module.example(text, model.tokenizer) for text in TEXTS])
    if isinstance(model.module, Bag):
        torch.nn.init.normal_(model.module.head.weight)
    assert torch.equal(model.module(*inputs), model.module(*inputs))
    model.module.train()
    assert not torch.equal(model.module(*inputs), model.module(*inputs))


def test_ngrams_of_words_letters_and_chinese_characters() -> None:
    config = BagConfig(words=2, characters=4, han=2)
    assert list(grams("No go", config)) == [
        *["no", "no go", "#<no", "#no>", "go", "#<go", "#go>"],
    ]
    assert list(grams("很好看", config)) == ["很", "很好", "好", "好看", "看"]
    assert "不 a" not in list(grams("不a", config))
    assert list(grams("ＡＢ", BagConfig(characters=0))) == ["ab"]
    ids, weights = features("a a a b", BagConfig(words=1, characters=0))
    assert sorted(weights.tolist()) == pytest.approx([1.0, 1 + math.log(3)])
    assert len(set(ids.tolist())) == 2
    assert len(features("", config)[0]) == 0


def test_the_hash_is_settled() -> None:
    """A model's weights mean something only as long as the same n-gram falls into the same bucket."""
    ids, _ = features("good 电影", BagConfig(characters=0))
    assert sorted(ids.tolist()) == [20114, 104630, 128069, 137002]


def test_a_fresh_linear_bag_is_naive_bayes() -> None:
    module = build(BagConfig(vocab_size=1 << 16, labels=2, words=1, naive_bayes=True))
    assert isinstance(module, Bag)
    texts, hot = ["good fine", "good", "bad", "bad awful"], torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    module.learn_counts([module.example(text) for text in texts], hot)
    logits = logits_of(module.eval(), [module.example(text) for text in ("good", "bad", "unseen", "")])
    assert logits[0].argmax() == 0 and logits[1].argmax() == 1
    torch.testing.assert_close(logits[2], logits[3])  # what was never seen says nothing


def test_long_texts_keep_both_ends() -> None:
    assert both_ends(list(range(10)), 5) == [0, 1, 2, 8, 9]
    assert both_ends([1, 2], 5) == [1, 2]
    assert both_ends(list(range(9)), 1) == [0]


@given(sizes=st.lists(st.integers(1, 3000), max_size=60))
def test_batches_hold_every_text_once_and_bounded_padding(sizes: list[int]) -> None:
    class Sized:
        def __init__(self, size: int) -> None:
            self.size = size

    batches = list(by_size([Sized(size) for size in sizes]))  # type: ignore[misc]
    assert sorted(i for batch in batches for i in batch) == list(range(len(sizes)))
    assert all(len(batch) == 1 or len(batch) * max(sizes[i] for i in batch) <= 16_384 for batch in batches)


# ---------------------------------------------------------------- figures


def test_single_label_figures_by_hand() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    made = single_label_metrics(chances, np.array([0, 1, 1, -1]), ["x", "y"])
    assert made["accuracy"] == 0.5
    assert made["confusion"] == [[1, 0], [1, 1]]
    assert made["unknown"] == 1
    assert made["per_label"]["x"] == {"precision": 1 / 3, "recall": 1.0, "f1": 0.5, "support": 1}
    assert made["macro_f1"] == pytest.approx((0.5 + 2 / 3) / 2)
    assert made["nll"] == pytest.approx(-(math.log(0.9) + math.log(0.2) + math.log(0.7)) / 3)
    json.dumps(made)


def test_multi_label_figures_by_hand() -> None:
    chances = np.array([[0.9, 0.6], [0.2, 0.1], [0.7, 0.4]])
    made = multi_label_metrics(chances, np.array([[1, 1], [0, 0], [0, 1]], bool), ["x", "y"])
    assert made["accuracy"] == pytest.approx(2 / 3)
    assert made["micro_f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert made["per_label"]["y"]["recall"] == 0.5


def test_calibration_error_by_hand() -> None:
    confidence, right = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, True, True, False])
    assert calibration_error(confidence, right) == pytest.approx((2 * 0.05 + 2 * 0.05) / 4)
    assert calibration_error(np.array([1.0]), np.array([True])) == 0.0


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
def test_temperature_scaling_finds_the_temperature(temperature: float, multi_label: bool) -> None:
    drawn = torch.Generator().manual_seed(0)
    true_logits = torch.randn(4000, 3, generator=drawn) * 2
    if multi_label:
        targets = (torch.rand(4000, 3, generator=drawn) < true_logits.sigmoid()).float()
    else:
        targets = torch.multinomial(true_logits.softmax(-1), 1, generator=drawn)[:, 0]
    found = fit_temperature(true_logits * temperature, targets, multi_label=multi_label)
    assert found == pytest.approx(temperature, rel=0.12)
    chances = probabilities(true_logits * temperature, found, multi_label=multi_label)
    assert bool(((chances >= 0) & (chances <= 1)).all())


def test_temperature_of_nothing_is_one() -> None:
    assert fit_temperature(torch.empty(0, 2), torch.empty(0, dtype=torch.long), multi_label=False) == 1.0


# ---------------------------------------------------------------- saved models


def save(folder: Path, model: TrainedClassifier, **extra: Any) -> None:
    save_model(
        folder,
        model.module,
        {} if model.tokenizer is None else {"tokenizer": model.tokenizer},
        task="classifier",
        config=model.module.config,
        training={},
        extra={"labels": model.labels, "temperature": 2.0} | extra,
    )


@pytest.mark.parametrize("architecture", SMALL)
def test_a_saved_classifier_says_the_same(architecture: str, tmp_path: Path) -> None:
    model = small(architecture)
    save(tmp_path / "m", model)
    again = load_classifier(tmp_path / "m")
    torch.testing.assert_close(again.logits(TEXTS), model.logits(TEXTS))
    said = again.predict(TEXTS)[0]
    assert said.labels[0] in "abc" and sum(said.probabilities.values()) == pytest.approx(1)
    assert again.temperature == 2.0


@pytest.mark.parametrize(
    "extra",
    [
        {"labels": ["a", "b"]},
        {"labels": ["a", "a", "b"]},
        {"labels": [1, 2, 3]},
        {"labels": None},
        {"temperature": 0},
        {"temperature": -1.0},
        {"temperature": "1"},
        {"temperature": True},
    ],
)
def test_a_classifier_with_senseless_facts_is_refused(extra: dict[str, Any], tmp_path: Path) -> None:
    save(tmp_path / "m", small("bag-classifier"), **extra)
    with pytest.raises(CheckpointError):
        load_classifier(tmp_path / "m")


@pytest.mark.parametrize(
    ("architecture", "wrong"),
    [
        ("bag-classifier", {"vocab_size": 1}),
        ("bag-classifier", {"labels": -1}),
        ("bag-classifier", {"words": 0}),
        ("cnn-classifier", {"kernels": []}),
        ("cnn-classifier", {"kernels": [0]}),
        ("transformer-classifier", {"width": 6, "heads": 4}),
        ("encoder-classifier", {"length": 600}),
        ("lstm-classifier", {"hidden": 0}),
        ("lstm-classifier", {"dropout": 1.0}),
    ],
)
def test_configurations_that_make_no_sense_are_refused(architecture: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        config_of(architecture, wrong)


def test_a_classifier_needs_labels() -> None:
    with pytest.raises(UsageError, match="no labels"):
        build(BagConfig())


# ---------------------------------------------------------------- pre-trained encoders

PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "good",
    "film",
    "##s",
    "bad",
    "好",
    "看",
    "[",
    "]",
    "sep",
    ".",
]


def encoder_folder(folder: Path, *, words_only: bool = False) -> Path:
    """A tiny folder in the layout of Hugging Face's BERT, random weights."""
    folder.mkdir()
    values = {
        "model_type": "bert",
        "vocab_size": len(PIECES),
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 12,
        "max_position_embeddings": 16,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    if not words_only:
        made = PretrainedTokenizer.from_folder(folder)
        (folder / "tokenizer.json").write_bytes(made.content())
    torch.manual_seed(5)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(PIECES), 8),
        "embeddings.position_embeddings.weight": (16, 8),
        "embeddings.token_type_embeddings.weight": (2, 8),
        "pooler.dense.weight": (8, 8),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(2):
        at = f"encoder.layer.{layer}"
        for name in (
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
        ):
            shapes |= {f"{at}.{name}.weight": (8, 8), f"{at}.{name}.bias": (8,)}
        shapes |= {f"{at}.intermediate.dense.weight": (12, 8), f"{at}.intermediate.dense.bias": (12,)}
        shapes |= {f"{at}.output.dense.weight": (8, 12), f"{at}.output.dense.bias": (8,)}
        norms += [f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"]
    for norm in norms:
        shapes |= {f"{norm}.weight": (8,), f"{norm}.bias": (8,)}
    write_tensors(folder / "model.safetensors", {name: torch.randn(shape) for name, shape in shapes.items()})
    return folder


def loaded(folder: Path, **changes: Any) -> TrainedClassifier:
    config = EncoderConfig(**read_encoder_config(folder), **({"labels": 2, "length": 10} | changes))
    module = build(config)
    assert isinstance(module, EncoderClassifier)
    load_pretrained(module, folder)
    return TrainedClassifier(module, PretrainedTokenizer.from_folder(folder), ["bad", "good"])


def test_an_encoder_reads_its_folder_and_says_the_same_after_saving(tmp_path: Path) -> None:
    model = loaded(encoder_folder(tmp_path / "bert"))
    texts = ["good films", "bad film.", "好看", "", "unknown words " * 20]
    together = model.logits(texts)
    torch.testing.assert_close(together, torch.cat([model.logits([text]) for text in texts]))
    save(tmp_path / "m", model, labels=["bad", "good"])
    torch.testing.assert_close(load_classifier(tmp_path / "m").logits(texts), together)


def test_an_encoder_computes_what_transformers_computes(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    folder = encoder_folder(tmp_path / "bert")
    theirs = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()
    ours = loaded(folder).module
    assert isinstance(ours, EncoderClassifier)
    ids = torch.randint(0, len(PIECES), (3, 7), generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([7, 3, 1])
    inside = torch.arange(7) < lengths[:, None]
    with torch.no_grad():
        wanted = theirs(input_ids=ids, attention_mask=inside.long()).last_hidden_state[inside]
        torch.testing.assert_close(ours.encode(ids, lengths)[inside], wanted, rtol=1e-5, atol=1e-5)


def test_word_list_and_tokenizer_file_read_the_same(tmp_path: Path) -> None:
    whole, words = (
        PretrainedTokenizer.from_folder(encoder_folder(tmp_path / name, words_only=only))
        for name, only in (("a", False), ("b", True))
    )
    for text in ("Good films, 好看!", "naïve bad", ""):
        assert whole.encode(text) == words.encode(text)
    assert [PIECES[i] for i in words.encode("Good films")] == ["good", "film", "##s"]


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=40)
def test_no_text_spells_a_special_token(text: str) -> None:
    inner = _tokenizer()
    for spelt in (text, text + "[SEP]", "[CLS]" + text, "[MASK][PAD]" + text):
        assert not {0, 2, 3, 4} & set(inner.encode(spelt))


def _tokenizer() -> PretrainedTokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    inner = Tokenizer(models.WordPiece({p: n for n, p in enumerate(PIECES)}, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer()
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.add_special_tokens(["[PAD]", "[CLS]", "[SEP]", "[MASK]"])
    return PretrainedTokenizer(inner)


def test_frozen_encoders_train_their_head_alone(tmp_path: Path) -> None:
    model = loaded(encoder_folder(tmp_path / "bert"), freeze=True)
    assert {n for n, p in model.module.named_parameters() if p.requires_grad} == {"head.weight", "head.bias"}


def _spoil(folder: Path, what: str) -> None:
    if what == "pickle":
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    elif what == "truncated":
        content = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(content[:-50])
    elif what == "shape":
        values = json.loads((folder / "config.json").read_bytes())
        (folder / "config.json").write_text(json.dumps(values | {"intermediate_size": 13}))
    elif what == "absurd":
        values = json.loads((folder / "config.json").read_bytes())
        (folder / "config.json").write_text(json.dumps(values | {"hidden_size": 10**9}))
    elif what == "kind":
        (folder / "config.json").write_text('{"model_type": "t5"}')
    elif what == "list":
        (folder / "config.json").write_text("[]")
    elif what == "tokenizer":
        (folder / "tokenizer.json").write_text("{}")


@pytest.mark.parametrize("what", ["pickle", "truncated", "shape", "absurd", "kind", "list", "tokenizer"])
def test_damaged_and_hostile_encoder_folders_are_refused(what: str, tmp_path: Path) -> None:
    folder = encoder_folder(tmp_path / "bert")
    _spoil(folder, what)
    with pytest.raises(CheckpointError):
        loaded(folder)


def test_every_classifier_configuration_survives_json() -> None:
    for name in (*SMALL, "encoder-classifier"):
        made = config_of(name, {"labels": 3, "multi_label": True})
        assert isinstance(made, ClassifierConfig)
        assert config_of(name, json.loads(json.dumps(made.to_dict()))) == made
