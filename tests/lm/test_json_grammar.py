"""The automaton accepts JSON and its beginnings, refuses the rest, and what is generated parses."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.errors import UsageError
from datalect.lm.base import GenerationOptions
from datalect.lm.json_grammar import JsonState, generate_json
from lm.models import make_model

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.booleans())
def test_every_beginning_is_accepted_and_can_be_closed(value, escaped):
    text = json.dumps(value, ensure_ascii=escaped)
    assert JsonState().advance(text) is not None
    assert JsonState().advance(text).done
    for cut in range(len(text)):
        state = JsonState().advance(text[:cut])
        assert state is not None
        json.loads(text[:cut] + state.closing())


@given(st.text(alphabet='{}[]",:0123.eE+-truefalsn\\ u\n', max_size=14))
def test_what_is_accepted_as_whole_is_json(text):
    state = JsonState().advance(text)
    if state is not None:
        json.loads(text + state.closing())
        if state.done:
            json.loads(text)


@pytest.mark.parametrize(
    "text", ["}", "[1,]", '{"a" 1', "01", "-a", "1.e", "nul1", '"\n', "[1 2", "1]", "'a'", "  1"]
)
def test_other_texts_are_refused(text):
    assert JsonState().advance(text) is None


@pytest.mark.parametrize("kind", ["char", "bpe", "byte"])
def test_a_random_model_writes_json(kind):
    model = make_model(kind)
    for seed in range(4):
        options = GenerationOptions(max_tokens=25, temperature=1.0, seed=seed)
        made = generate_json(model, "Once upon", options)
        json.loads(made.text)
        assert made.tokens <= 25 and made.reason in ("end", "length")
        assert generate_json(model, "Once upon", options) == made
    with pytest.raises(UsageError):
        generate_json(model, "", GenerationOptions())
