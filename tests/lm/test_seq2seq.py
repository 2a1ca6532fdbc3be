"""Sequence to sequence: padding changes nothing, steps equal the whole, search and copying are right."""

from __future__ import annotations

import itertools
import json
import lzma
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from datalect.errors import CheckpointError, DatalectError, LimitError, SourceError, UsageError
from datalect.lm.architectures import build
from datalect.lm.base import GenerationOptions
from datalect.lm.config import TokenizerConfig
from datalect.lm.load import load_model
from datalect.lm.seq2seq import IGNORED, coverage_losses, pad
from datalect.lm.seq2seq_config import (
    GRUSeq2SeqConfig,
    LSTMSeq2SeqConfig,
    TransformerSeq2SeqConfig,
)
from datalect.lm.seq2seq_metrics import is_chinese, text_metrics
from datalect.lm.seq2seq_plot import attention_chart, save_attention
from datalect.lm.seq2seq_search import beam_search
from datalect.lm.tokenizers import train_tokenizer
from datalect.lm.transduce import Transducer, load_transducer
from datalect.testing import check_language_model
from datalect.training.evaluate import evaluate_model
from datalect.training.pairs import read_pairs
from datalect.training.seq2seq_presets import SEQ2SEQ, seq2seq_preset
from datalect.training.transduction import TransductionTask, encode_pairs, make_tokenizers, train_seq2seq

V = 12
TINY = {"vocab_size": V, "width": 16, "source_length": 20, "target_length": 12, "dropout": 0.0}
CONFIGS = {
    "lstm": LSTMSeq2SeqConfig(**TINY, hidden=8, decoder_layers=2, encoder_layers=2),
    "gru": GRUSeq2SeqConfig(**TINY, hidden=8, copying=True),
    "transformer": TransformerSeq2SeqConfig(**TINY, encoder_layers=2, decoder_layers=2, heads=2),
    "copying": TransformerSeq2SeqConfig(**TINY, encoder_layers=1, decoder_layers=1, heads=2, copying=True),
}


@pytest.fixture(params=list(CONFIGS))
def model(request):
    torch.manual_seed(1)
    module = build(CONFIGS[request.param]).eval()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.dim() > 1:
                parameter.mul_(2.0 if "embedding" not in name else 4.0)
    return module


def log_probabilities(model, sources, inputs):
    with torch.no_grad():
        decoded, memory = model(*pad(sources), torch.tensor(inputs))
        return model.log_probabilities(decoded, memory), decoded, memory


def test_probabilities_and_attention_sum_to_one(model):
    logs, decoded, _ = log_probabilities(model, [[1, 2, 3], [4]], [[0, 5, 6], [0, 1, 2]])
    assert torch.allclose(logs.exp().sum(-1), torch.ones(2, 3), atol=1e-5)
    assert torch.allclose(decoded.attention_BTS.sum(-1), torch.ones(2, 3), atol=1e-5)
    assert not decoded.attention_BTS[1, :, 1:].any()


def test_padding_and_neighbours_change_nothing(model):
    alone, _, _ = log_probabilities(model, [[3, 4, 5]], [[0, 1, 2]])
    beside, _, _ = log_probabilities(model, [[3, 4, 5], [1] * 9], [[0, 1, 2], [7, 7, 7]])
    assert torch.allclose(alone[0], beside[0], atol=1e-5)


def test_later_targets_change_nothing(model):
    whole, _, _ = log_probabilities(model, [[3, 4, 5]], [[0, 1, 2, 3]])
    changed, _, _ = log_probabilities(model, [[3, 4, 5]], [[0, 1, 2, 9]])
    assert torch.allclose(whole[:, :3], changed[:, :3], atol=1e-6)


def test_step_by_step_equals_all_at_once(model):
    inputs = [0, 4, 2, 9, 1]
    whole, _, memory = log_probabilities(model, [[3, 4, 5, 6]], [inputs])
    state, steps = model.start(memory), []
    with torch.no_grad():
        for token in inputs:
            decoded = model.decode(torch.tensor([[token]]), memory, state)
            state = decoded.state
            steps.append(model.log_probabilities(decoded, memory))
    assert torch.allclose(whole, torch.cat(steps, 1), atol=1e-5)


def test_losses_are_the_log_probabilities_of_targets(model):
    targets = torch.tensor([[1, 5, 3], [2, IGNORED, IGNORED]])
    logs, decoded, memory = log_probabilities(model, [[1, 2, 3], [4, 2]], [[0, 1, 5], [0, 2, 0]])
    nll, same = model.losses(decoded, memory, targets)
    wanted = -logs.gather(-1, targets.clamp(min=0)[..., None]).squeeze(-1)
    assert torch.allclose(nll, wanted * (targets >= 0), atol=1e-4) and torch.equal(nll, same)
    _, smoothed = model.losses(decoded, memory, targets, smoothing=0.2)
    uniform = -model.vocabulary_logits(decoded.hidden_BTD).log_softmax(-1).mean(-1)
    assert torch.allclose(smoothed, (0.8 * nll + 0.2 * uniform) * (targets >= 0), atol=1e-4)


def test_gradients_reach_every_parameter(model):
    decoded, memory = model(*pad([[1, 2, 3], [4, 5]]), torch.tensor([[0, 1], [0, 2]]))
    _, loss = model.losses(decoded, memory, torch.tensor([[1, 3], [2, 4]]), smoothing=0.1)
    loss.sum().backward()
    missing = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum()]
    # A single recurrent step after zeros leaves a decoder layer nothing to forget; two steps use everything.
    assert not [name for name in missing if "bias" not in name]


def test_a_pointer_copies_what_it_looks_at():
    torch.manual_seed(0)
    model = build(CONFIGS["copying"]).eval()
    with torch.no_grad():
        model.pointer.weight.zero_()
        model.pointer.bias.fill_(-30.0)
    logs, decoded, _ = log_probabilities(model, [[3, 7, 3]], [[0]])
    attention = decoded.attention_BTS[0, 0]
    assert torch.allclose(logs[0, 0, 3].exp(), attention[0] + attention[2], atol=1e-5)
    assert logs[0, 0, [1, 2, 4, 5, 6]].exp().max() < 1e-6


def test_coverage_counts_looking_twice():
    looks = torch.tensor([[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]])
    assert coverage_losses(looks).tolist() == [[0.0, 1.0, 0.0]]


# ---------------------------------------------------------------- search


def exhaustive(model, source, end, longest):
    """Log probabilities of all targets that end within ``longest`` tokens, and of those cut there."""
    found = {}
    for length in range(1, longest + 1):
        inner = [t for t in range(V) if t != end]
        for body in itertools.product(inner, repeat=length - 1):
            lasts = range(V) if length == longest else [end]
            logs, _, _ = log_probabilities(model, [source], [[end, *body]])
            before = sum(float(logs[0, n, t]) for n, t in enumerate(body))
            for last in lasts:
                ids = body if last == end else (*body, last)
                found[ids] = (before + float(logs[0, -1, last])) / length
    return found


def test_a_wide_beam_finds_the_best_target(model):
    if model.config.architecture == "gru-seq2seq":
        options = GenerationOptions(max_tokens=2, beams=V)
        (pool,) = beam_search(model, [[3, 4, 5]], 0, options)
        found = exhaustive(model, [3, 4, 5], 0, 2)
        best = max(found, key=lambda ids: found[ids])
        assert tuple(pool[0].ids) == best
        assert pool[0].score == pytest.approx(found[best], abs=1e-4)
    sources = [[3, 4, 5], [1], [9, 9, 2, 1]]
    options = GenerationOptions(max_tokens=8, beams=3)
    together = beam_search(model, sources, 0, options)
    for source, pool in zip(sources, together, strict=True):
        (alone,) = beam_search(model, [source], 0, options)
        assert [one.ids for one in alone] == [one.ids for one in pool]
        assert all(a.score >= b.score for a, b in itertools.pairwise(pool))
        for one in pool:
            logs, decoded, _ = log_probabilities(model, [source], [[0, *one.ids]])
            told = [*one.ids, 0] if one.reason == "end" else one.ids
            assert one.tokens == len(told)
            assert one.log_prob == pytest.approx(
                sum(float(logs[0, n, t]) for n, t in enumerate(told)), abs=1e-3
            )
            assert one.attention.shape == (len(told), len(source))
            assert torch.allclose(one.attention, decoded.attention_BTS[0, : len(told)], atol=1e-4)


def test_coverage_ranks_targets_that_leave_nothing_out_first(model):
    plain = GenerationOptions(max_tokens=8, beams=6, length_penalty=1.0)
    (pool,) = beam_search(model, [[3, 4, 5, 6]], 0, plain, coverage=5.0)
    for one in pool:
        seen = one.attention.sum(0).clamp(1e-9, 1.0).log().sum()
        assert one.score == pytest.approx(one.log_prob / one.tokens + 5.0 * float(seen), abs=1e-2)


# ---------------------------------------------------------------- a whole run

WORDS = dict(zip("red blue one two cat dog".split(), "红 蓝 一 二 猫 狗".split(), strict=True))


def pairs_file(folder, count=160):
    drawn = torch.Generator().manual_seed(0)
    rows = []
    for _ in range(count):
        words = [list(WORDS)[int(torch.randint(6, (1,), generator=drawn))] for _ in range(3)]
        rows.append({"english": " ".join(words), "chinese": "".join(WORDS[w] for w in words)})
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def small(arch="gru", **more):
    changes = {"model.width": "32", "tokenizer.kind": "word", "model.dropout": "0", "optim.average": "none"}
    changes |= {"run.epochs": "25", "data.batch_tokens": "128", "optim.lr": "0.01", "schedule.warmup": "5"}
    changes |= {"model.hidden": "16"} if arch != "transformer" else {"model.encoder_layers": "1"}
    changes |= {"data.text_column": "english", "data.label_column": "chinese", "data.valid": "0.2"}
    return seq2seq_preset(None, arch).override(changes | more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seq2seq")
    data = pairs_file(folder)
    return train_seq2seq(data, small(), folder / "translator"), data


def test_training_learns_and_writes_a_model_that_loads(trained):
    made, data = trained
    assert made.valid["loss"] < 0.7
    model = load_transducer(str(made.folder))
    options = GenerationOptions(temperature=0.0, beams=3)
    (one,) = model.outputs(["red cat two"], options)
    assert one.text == "红猫二" and one.reason == "end"
    assert one.attention.shape == (len(one.target_pieces), len(one.source_pieces))
    result = evaluate_model(str(made.folder), data, beams=2)
    assert result["task"] == "seq2seq" and result["n"] == 160
    assert result["metrics"]["chrf"] > 80 and "tok:zh" in result["metrics"]["bleu_signature"]
    assert result["metrics"]["rouge_tokens"] == "words, Chinese characters"


def test_a_trained_model_keeps_the_promises_of_a_language_model(trained):
    model = load_model(str(trained[0].folder))
    assert isinstance(model, Transducer)
    check_language_model(model, "red cat two blue")


def test_the_attention_follows_the_words_and_is_drawn(trained, tmp_path):
    model = load_transducer(str(trained[0].folder))
    (one,) = model.outputs(["dog <b> one"], GenerationOptions(temperature=0.0))
    (cells,) = attention_chart(one).to_dict()["datasets"].values()
    assert len(cells) == one.attention.numel()
    page = tmp_path / "attention.html"
    hostile = replace(one, source_pieces=["</script><script>alert(1)", *one.source_pieces[1:]])
    save_attention(hostile, page)
    assert "</script><script>alert" not in page.read_text(encoding="utf-8")
    save_attention(one, tmp_path / "attention.svg")
    assert (tmp_path / "attention.svg").read_text(encoding="utf-8").startswith("<svg")
    with pytest.raises(UsageError, match="form"):
        save_attention(one, tmp_path / "attention.docx")
    wide = replace(one, attention=torch.ones(500, 500))
    with pytest.raises(LimitError, match="too large"):
        attention_chart(wide)


def test_tokenizers_of_another_size_are_refused(trained, tmp_path):
    from datalect.lm.transduce import make_transducer

    tokenizer = train_tokenizer(TokenizerConfig(kind="byte"), [])
    module = load_transducer(str(trained[0].folder)).module
    with pytest.raises(CheckpointError, match="tokenizers do not fit"):
        make_transducer(module, {"tokenizer": tokenizer}, "x")


def test_batches_are_a_function_of_the_step_and_see_each_pair_once(tmp_path):
    read = read_pairs(pairs_file(tmp_path), source="english", target="chinese")
    recipe = small()
    tokenizers = make_tokenizers(recipe, read.pairs)
    config = replace(recipe.model, vocab_size=tokenizers["tokenizer"].vocab_size)
    encoded = encode_pairs(read.pairs, tokenizers, config)
    first = TransductionTask(encoded, encoded, 0, recipe)
    again = TransductionTask(encoded, encoded, 0, recipe)
    for step in (first.steps_per_epoch + 3, 2, 0):
        for a, b in zip(first.batches(step), again.batches(step), strict=True):
            assert torch.equal(a.ids_BS, b.ids_BS) and torch.equal(a.targets_BT, b.targets_BT)
    seen = [batch for step in range(first.steps_per_epoch) for batch in first.batches(step)]
    assert sum(len(batch.ids_BS) for batch in seen) == len(read.pairs)
    assert all(batch.ids_BS.numel() <= recipe.data.batch_tokens for batch in seen)
    assert sum(batch.count for batch in seen) == sum(len(target) for target in encoded.targets)


def test_separate_vocabularies_and_wrong_recipes():
    pairs = read_pairs_of([("red cat", "红猫"), ("blue dog", "蓝狗")])
    tokenizers = make_tokenizers(small(**{"extra.vocabulary": "separate"}), pairs)
    assert set(tokenizers) == {"source", "target"}
    with pytest.raises(UsageError, match="vocabulary"):
        make_tokenizers(small(**{"extra.vocabulary": "both"}), pairs)
    with pytest.raises(UsageError, match="one tokenizer"):
        LSTMSeq2SeqConfig(copying=True, source_vocab_size=5)
    with pytest.raises(UsageError):
        seq2seq_preset("summary", "transformer")
    assert all(make().task == "seq2seq" for make in SEQ2SEQ.values())


def read_pairs_of(rows):
    from datalect.training.pairs import Pair

    return [Pair(source=a, targets=(b,)) for a, b in rows]


# ---------------------------------------------------------------- pairs out of files


def test_pairs_are_read_from_every_form(tmp_path):
    (tmp_path / "a.csv").write_text("id,en,zh\n1,a cat,一只猫\n2,,空\n3,a dog,一只狗\n", encoding="utf-8")
    read = read_pairs(tmp_path / "a.csv", source="en", target="zh")
    assert [(p.source, p.targets) for p in read.pairs] == [("a cat", ("一只猫",)), ("a dog", ("一只狗",))]
    assert read.skipped == 1
    with lzma.open(tmp_path / "b.tsv.xz", "wt", encoding="utf-8") as stream:
        stream.write('a "cat\t猫\tnote\nalone\nb\t狗\n')
    read = read_pairs(tmp_path / "b.tsv.xz", source="1", target="2")
    assert [(p.source, p.targets) for p in read.pairs] == [('a "cat', ("猫",)), ("b", ("狗",))]
    (tmp_path / "c.jsonl").write_text(
        json.dumps({"source": ["One.", "Two."], "target": ["x", "y"]}) + "\n", encoding="utf-8"
    )
    (pair,) = read_pairs(tmp_path / "c.jsonl").pairs
    assert (pair.source, pair.targets) == ("One. Two.", ("x", "y"))
    (tmp_path / "d.en").write_text("one\ntwo\n", encoding="utf-8")
    (tmp_path / "d.de").write_text("eins\nzwei\n", encoding="utf-8")
    read = read_pairs(tmp_path / "d", source="en", target="de")
    assert [(p.source, p.targets[0]) for p in read.pairs] == [("one", "eins"), ("two", "zwei")]


def test_files_that_hold_no_pairs_are_refused(tmp_path):
    (tmp_path / "d.en").write_text("one\ntwo\n", encoding="utf-8")
    (tmp_path / "d.de").write_text("eins\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    for call, error in (
        (lambda: read_pairs(tmp_path / "d", source="en", target="de"), SourceError),
        (lambda: read_pairs(tmp_path / "d", source="en", target="fr"), SourceError),
        (lambda: read_pairs(tmp_path / "nothing"), SourceError),
        (lambda: read_pairs(tmp_path / "a.csv"), UsageError),
        (lambda: read_pairs(tmp_path / "a.csv", source="x", target="x"), UsageError),
        (lambda: read_pairs(tmp_path / "a.csv", source="x", target="z"), UsageError),
        (lambda: read_pairs(tmp_path / "a.csv", source="1", target="y"), UsageError),
    ):
        with pytest.raises(error) as caught:
            call()
        assert isinstance(caught.value, DatalectError)
        assert caught.value.expected or caught.value.received


# ---------------------------------------------------------------- figures


def test_figures_of_right_and_wrong_texts():
    right = text_metrics(["the cat sat on the mat today"], [["the cat sat on the mat today"]])
    assert right["bleu"] == pytest.approx(100) and right["rougeL"] == pytest.approx(100)
    assert right["exact"] == 1.0 and "tok:13a" in right["bleu_signature"]
    wrong = text_metrics(["我爱北京天安门", "完全不同"], [["我爱北京天安门", "另一个"], ["没有"]])
    assert wrong["exact"] == 0.5 and "tok:zh" in wrong["bleu_signature"]
    # By character: the second text shares none with its reference.
    assert wrong["rouge1"] == pytest.approx(50)
    assert text_metrics(["Straße"], [["straße"]])["rouge1"] == pytest.approx(100)
    with pytest.raises(UsageError):
        text_metrics([], [])
    with pytest.raises(UsageError):
        text_metrics(["a"], [[]])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_figures_stay_in_range_for_any_text(texts):
    made = text_metrics(texts, [[text[::-1] or "x"] for text in texts])
    for name in ("bleu", "chrf", "rouge1", "rouge2", "rougeL"):
        assert -1e-6 <= made[name] <= 100 + 1e-6
    assert isinstance(is_chinese(texts), bool)
