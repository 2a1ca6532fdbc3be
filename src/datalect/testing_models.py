"""Contract tests of tokenizers and language models; imported from `datalect.testing`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from datalect.errors import DatalectError
from datalect.lm.base import Generation, GenerationOptions, LanguageModel, ScoringModel, Tokenizer

# Texts that break tokenizers: nothing, white space, controls, combining marks, right to left, emoji with
# joiners, rare Chinese, special tokens spelt out, very long words.
HARD_TEXTS = (
    "",
    " ",
    "\n",
    "  two  spaces\tand a tab \n\n",
    "\r\n\r",
    "\x00\x01\x7f",
    "The quick brown fox, isn't it? 3.14 10,000 -5%",
    "人工智能改变世界，价格为￥1,234.50元。",
    "㐀𠀀𪚥 龘",
    "混合 mixed 文本text数字123",
    "e\u0301 \u0915\u094d\u0937 \u0e01\u0e33",
    "مرحبا בעולם \u202eabc\u202c",
    "👩‍👩‍👧‍👦🏳️‍🌈 😀😀😀",
    "\ufeff\u200b\u2028\u2029\ufffd",
    "<unk> <|endoftext|> <s></s> [PAD] <end> \\n",
    "a" * 500,
    "ab" * 300 + "。" * 50,
)


def check_tokenizer(tokenizer: Tokenizer) -> None:
    """Check a tokenizer against the contract of `datalect.lm.base.Tokenizer`.

    Raises:
        AssertionError: a promise is not kept.
    """
    _promise(
        isinstance(tokenizer, Tokenizer), "a tokenizer has kind, vocab_size, end_id, lossless, encode, decode"
    )
    _promise(bool(tokenizer.kind) and tokenizer.vocab_size > 0, "a tokenizer has a kind and a vocabulary")
    _promise(0 <= tokenizer.end_id < tokenizer.vocab_size, "the end is an id of the vocabulary")
    for text in HARD_TEXTS:
        shown = repr(text[:40])
        ids = tokenizer.encode(text)
        _promise(all(0 <= i < tokenizer.vocab_size for i in ids), f"all ids lie in the vocabulary: {shown}")
        _promise(tokenizer.end_id not in ids, f"no text spells the end: {shown}")
        _promise(ids == tokenizer.encode(text), f"the same text gives the same ids: {shown}")
        if tokenizer.lossless:
            _promise(tokenizer.decode(ids) == text, f"the text survives the round trip: {shown}")
        else:
            once = tokenizer.decode(ids)
            again = tokenizer.decode(tokenizer.encode(once))
            _promise(again == once, f"what decoding gives survives the next round trip: {shown}")
        _promise(tokenizer.decode([*ids, tokenizer.end_id]) == tokenizer.decode(ids), "the end is no text")
    _promise(tokenizer.encode("") == [] and tokenizer.decode([]) == "", "nothing is nothing")
    for wrong in (-1, tokenizer.vocab_size, 2**40):
        _refused(partial(tokenizer.decode, [wrong]), f"the id {wrong} is refused")
    _refused(lambda: tokenizer.encode("a\ud800b"), "a lone surrogate is refused")
    for ids in ([i] for i in range(min(tokenizer.vocab_size, 300))):
        tokenizer.decode(ids).encode()  # half a character must not become a lone surrogate


def check_language_model(model: LanguageModel, prompt: str = "Once upon a time") -> None:
    """Check a model against the contract of `LanguageModel` in `datalect.lm.base`, or of `ScoringModel`.

    Args:
        model: any implementation.
        prompt: a text it can continue, of at least three tokens.

    Raises:
        AssertionError: a promise is not kept.
    """
    _promise(
        isinstance(model, LanguageModel) and bool(model.name), "a model has name, encode, generate, stream"
    )
    ids = model.encode(prompt)
    _promise(len(ids) >= 3 and ids == model.encode(prompt), "encoding is deterministic")
    greedy = GenerationOptions(max_tokens=12, temperature=0)
    drawn = GenerationOptions(max_tokens=12, temperature=1.0, seed=7)
    for options in (greedy, drawn):
        _check_generation(model, prompt, options)
    _check_stop(model, prompt)
    _promise(model.generate([], greedy) == [], "no prompts, no generations")
    _refused(lambda: model.generate([""], greedy), "an empty prompt is refused")
    if isinstance(model, ScoringModel):
        _check_scores(model, ids, prompt)


def _check_generation(model: LanguageModel, prompt: str, options: GenerationOptions) -> None:
    (alone,) = model.generate([prompt], options)
    _promise(isinstance(alone, Generation) and alone.prompt == prompt, "a generation tells its prompt")
    _promise(0 < alone.tokens <= options.max_tokens, "no more tokens than allowed")
    _promise(alone.reason in ("length", "stop", "end"), "a generation tells why it ended")
    _promise(model.generate([prompt], options)[0].text == alone.text, "the same seed gives the same text")
    pieces = list(model.stream(prompt, options))
    _promise("".join(pieces) == alone.text, "streamed pieces join to the generated text")
    beside = model.generate([prompt, prompt + " and then", prompt[: max(1, len(prompt) // 2)]], options)
    _promise(len(beside) == 3, "one generation per prompt")
    _promise(beside[0].text == alone.text, "what is generated does not depend on the prompts beside it")


def _check_stop(model: LanguageModel, prompt: str) -> None:
    (free,) = model.generate([prompt], GenerationOptions(max_tokens=12, temperature=0))
    if len(free.text) < 2:
        return
    stop = free.text[len(free.text) // 2]
    options = GenerationOptions(max_tokens=12, temperature=0, stop=(stop,))
    (ended,) = model.generate([prompt], options)
    _promise(
        ended.reason == "stop" and stop not in ended.text, "a stop text ends the generation and is cut off"
    )
    _promise(ended.text == free.text[: free.text.index(stop)], "the text before the stop is the same")
    _promise("".join(model.stream(prompt, options)) == ended.text, "a stream stops there too")


def _check_scores(model: ScoringModel, ids: Sequence[int], prompt: str) -> None:
    import numpy as np

    vocab = model.tokenizer.vocab_size
    whole = model.logits(ids)
    _promise(
        whole.shape == (len(ids), vocab) and whole.dtype == np.float32, "logits are (tokens, vocabulary)"
    )
    _promise(bool(np.isfinite(whole).all()), "logits are finite")
    part = model.logits(ids[:-1])
    _promise(bool(np.allclose(whole[:-1], part, atol=1e-4)), "later tokens do not change earlier logits")
    changed = model.logits([*ids[:-1], (ids[-1] + 1) % vocab])
    _promise(
        bool(np.allclose(whole[:-1], changed[:-1], atol=1e-4)), "the last token changes no earlier logits"
    )
    (greedy,) = model.generate([prompt], GenerationOptions(max_tokens=1, temperature=0))
    best = whole[-1] - np.logaddexp.reduce(whole[-1].astype(np.float64))
    if greedy.log_prob is not None:
        _promise(
            math.isclose(greedy.log_prob, float(best.max()), abs_tol=1e-3),
            "greedy takes the most probable token",
        )
    _refused(lambda: model.logits([]), "no tokens are refused")
    for wrong in (-1, vocab):
        _refused(partial(model.logits, [wrong]), f"the id {wrong} is refused")
    if model.context is not None:
        too_long = [ids[0]] * (model.context + 1)
        _refused(lambda: model.logits(too_long), "more tokens than the context are refused")


def _promise(kept: bool, words: str) -> None:
    if not kept:
        raise AssertionError(words)


def _refused(call: Callable[[], Any], words: str) -> None:
    try:
        call()
    except DatalectError:
        return
    raise AssertionError(words)
