"""Generation that can only be JSON: an automaton says which tokens may come next (RFC 8259).

A token is drawn as always; one that the automaton refuses is struck out and another is drawn, which samples
from the model's probabilities among allowed tokens. When the tokens run out, what is open is closed.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, replace
from typing import Literal

import torch

from datalect.errors import ModelError
from datalect.lm.base import Generation, GenerationOptions, StopReason
from datalect.lm.generate import Decoder, check_prompt
from datalect.lm.local import LocalModel
from datalect.lm.sampling import Draws

_SPACE, _HALF = " \t\n\r", "\ufffd"
_LITERALS = {"t": "rue", "f": "alse", "n": "ull"}
_MOST_DEPTH = 64

Mode = Literal[
    "value", "value or ]", "key or }", "key", "colon", "after", "string", "escape", "hex", "literal", "number"
]


@dataclass(frozen=True, kw_only=True)
class JsonState:
    """Where in a JSON text one stands; `advance` gives the state after a character."""

    mode: Mode = "value"
    stack: str = ""
    """Open brackets, the innermost last."""
    is_key: bool = False
    """Whether the open string is a key."""
    rest: str = ""
    """What a literal still lacks, or the number so far, or a digit for each hexadecimal one still due."""
    spaced: bool = False
    """Whether white space came just before; more is refused, or a model might write nothing else."""

    @property
    def done(self) -> bool:
        """Whether the text is whole JSON."""
        whole_number = self.mode == "number" and _whole(self.rest)
        return not self.stack and (self.mode == "after" or whole_number)

    def advance(self, text: str) -> JsonState | None:
        """The state after more text, or None where no JSON goes on like this."""
        state: JsonState | None = self
        for character in text:
            state = state._next(character) if state else None
        return state

    def closing(self) -> str:
        """The shortest text that makes the JSON whole."""
        closers = "".join("}" if bracket == "{" else "]" for bracket in reversed(self.stack))
        value = ": null" if self.is_key else ""
        middle = {
            "value": "null",
            "value or ]": "",
            "key or }": "",
            "key": '"": null',
            "colon": ": null",
            "after": "",
            "string": '"' + value,
            "escape": 'n"' + value,
            "hex": "0" * len(self.rest) + '"' + value,
            "literal": self.rest,
            "number": "" if _whole(self.rest) else "0",
        }
        return middle[self.mode] + closers

    # ------------------------------------------------------------ one character

    def _next(self, c: str) -> JsonState | None:
        if self.mode == "string":
            return self._in_string(c)
        if self.mode == "escape":
            if c == "u":
                return replace(self, mode="hex", rest="0000")
            return replace(self, mode="string") if c in '"\\/bfnrt' else None
        if self.mode == "hex":
            left = self.rest[1:]
            return (
                replace(self, mode="hex" if left else "string", rest=left) if c in string.hexdigits else None
            )
        if self.mode == "literal":
            left = self.rest[1:]
            return (
                replace(self, mode="literal" if left else "after", rest=left) if c == self.rest[0] else None
            )
        if self.mode == "number":
            if _number(self.rest + c):
                return replace(self, rest=self.rest + c)
            return replace(self, mode="after", rest="")._next(c) if _whole(self.rest) else None
        if c in _SPACE:
            return None if self.spaced else replace(self, spaced=True)
        return replace(self, spaced=False)._structure(c)

    def _in_string(self, c: str) -> JsonState | None:
        if c == '"':
            return replace(self, mode="colon" if self.is_key else "after", is_key=False)
        if c == "\\":
            return replace(self, mode="escape")
        return self if c >= " " else None

    def _structure(self, c: str) -> JsonState | None:
        inner = self.stack[-1:]
        if (c == "}" and inner == "{" and self.mode in ("key or }", "after")) or (
            c == "]" and inner == "[" and self.mode in ("value or ]", "after")
        ):
            return replace(self, mode="after", stack=self.stack[:-1])
        if self.mode in ("key or }", "key"):
            return replace(self, mode="string", is_key=True) if c == '"' else None
        if self.mode == "colon":
            return replace(self, mode="value") if c == ":" else None
        if self.mode == "after":
            return replace(self, mode="key" if inner == "{" else "value") if c == "," and inner else None
        return self._value(c)

    def _value(self, c: str) -> JsonState | None:
        if c in "{[":
            if len(self.stack) == _MOST_DEPTH:
                return None
            return replace(self, mode="key or }" if c == "{" else "value or ]", stack=self.stack + c)
        if c == '"':
            return replace(self, mode="string", is_key=False)
        if c in _LITERALS:
            return replace(self, mode="literal", rest=_LITERALS[c])
        return replace(self, mode="number", rest=c) if _number(c) else None


def _number(text: str) -> bool:
    """Whether a JSON number may begin like this."""
    body = text[1:] if text[0] == "-" else text
    whole, point, fraction = body.partition(".")
    if not point:
        whole, exponent = _split_exponent(body)
        return _integer(whole, exponent is not None) and _signed(exponent)
    fraction, exponent = _split_exponent(fraction)
    digits = fraction == "" if exponent is None and not fraction else _digits(fraction)
    return _integer(whole, True) and digits and _signed(exponent)


def _split_exponent(text: str) -> tuple[str, str | None]:
    for place, character in enumerate(text):
        if character in "eE":
            return text[:place], text[place + 1 :]
    return text, None


def _digits(text: str) -> bool:
    return bool(text) and all(character in string.digits for character in text)


def _integer(text: str, ended: bool) -> bool:
    if not text:
        return not ended
    return _digits(text) and (text == "0" or text[0] != "0")


def _signed(exponent: str | None) -> bool:
    if not exponent:
        return True
    rest = exponent[1:] if exponent[0] in "+-" else exponent
    return not rest or _digits(rest)


def _whole(text: str) -> bool:
    """Whether a number that may begin like this is one already."""
    return text[-1:] in tuple(string.digits)


# ---------------------------------------------------------------- generation


@torch.inference_mode()
def generate_json(
    model: LocalModel, prompt: str, options: GenerationOptions, *, number: int = 0
) -> Generation:
    """Continue a prompt with one JSON value.

    Args:
        model: a language model of ours, or one that runs on our Transformer.
        prompt: not empty.
        options: all but ``beams`` and ``stop``.
        number: which of several generations this is: with one seed each draws on its own.

    Returns:
        A generation whose text parses as JSON; the reason is ``length`` when it had to be closed.

    Raises:
        UsageError: the prompt is empty.
        ModelError: no token of the vocabulary can go on.
    """
    tokenizer, ids = model.tokenizer, model.encode(prompt)
    prompt_ids = check_prompt(ids, tokenizer.vocab_size)
    decoder, draws = Decoder(model.module, options.max_tokens), Draws(options.seed, number)
    logits = decoder.read([prompt_ids])[0].cpu()
    made: list[int] = []
    state, total, reason = JsonState(), 0.0, "length"
    done: StopReason
    text = ""
    while len(made) < options.max_tokens:
        logs, left = logits.log_softmax(-1), logits.clone()
        seen = torch.tensor(sorted({*prompt_ids, *made}))
        while True:
            if not bool(torch.isfinite(left).any()):
                raise ModelError("No token of the vocabulary goes on as JSON.", received=text[-40:])
            token = draws.next(left, seen, options)
            if token == tokenizer.end_id:
                after = state if state.done else None
            else:
                written = tokenizer.decode([*made, token])
                after = _reached(written)
            if after is not None:
                break
            left[token] = -torch.inf
        total += float(logs[token])
        made.append(token)
        if token == tokenizer.end_id:
            reason = "end"
            break
        text, state = written, after
        if state.done and state.mode == "after":
            reason = "end"
            break
        logits = decoder.step([token], [[*prompt_ids, *made]])[0].cpu()
    done = "end" if reason == "end" or state.done else "length"
    whole = text.rstrip(_HALF) if state.mode == "string" else text
    return Generation(
        prompt=prompt, text=(whole + state.closing()).strip(), tokens=len(made), reason=done, log_prob=total
    )


def _reached(text: str) -> JsonState | None:
    """The state after a text whose end may be half a character, which only a string may hold."""
    whole = text.rstrip(_HALF)
    state = JsonState().advance(whole)
    if state is None or whole == text or state.mode == "string":
        return state
    return None
