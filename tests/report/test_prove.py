"""Every sentence of a report is proven; altered ones are caught."""

from __future__ import annotations

import dataclasses
import re

import pytest

import datalect
from datalect.report import build
from datalect.report.finding import Finding
from datalect.report.prove import problems, proven
from datalect.report.words import sentence
from datalect.report.words_en import FORMS as EN
from datalect.report.words_zh import FORMS as ZH
from report.planted import clinic, paradox


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    """What mining found in two tables, before it was worded."""
    held: list[Finding] = []
    kept = build._facts

    def keep(context, found):
        held.extend(found)
        return kept(context, found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "_facts", keep)
        for table in (clinic(5_000), paradox(1_500)):
            with datalect.open(("t", table)) as data:
                data.report()
    return held


def test_both_languages_have_the_same_forms_and_slots():
    assert EN.keys() == ZH.keys()
    for form, text in EN.items():
        slots = set(re.findall(r"\{(\w+)\}", text))
        assert slots == set(re.findall(r"\{(\w+)\}", ZH[form])), form


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sentence_is_proven(findings, language):
    assert len(findings) > 15
    for finding in findings:
        assert problems(sentence(finding, language), finding, language) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_altered_numbers_are_caught(findings, language):
    caught = tried = 0
    for finding in findings:
        text = sentence(finding, language)
        names = sorted((w.in_(language) for w in finding.names.values()), key=len, reverse=True)
        bare = text
        for name in names:
            bare = bare.replace(name, "\x00" * len(name))
        for match in re.finditer(r"(?<![\d.,\x00])\d+(?:,\d{3})*(?:\.\d+)?", bare):
            value = match[0]
            other = str(int(value[0]) % 9 + 1) + value[1:]
            altered = text[: match.start()] + other + text[match.end() :]
            if other == value:
                continue
            tried += 1
            caught += not proven(altered, finding, language)
    assert tried > 20
    assert caught == tried


@pytest.mark.parametrize(
    ("language", "pairs"),
    [
        ("en", [("rises", "falls"), ("falls", "rises"), ("higher", "lower"),
                ("more frequent", "less frequent"), ("highest", "lowest"), ("in all", "in some")]),
        ("zh", [("较高", "较低"), ("更常见", "更少见"), ("上升", "下降"), ("最高", "最低")]),
    ],
)  # fmt: skip
def test_turned_directions_are_caught(findings, language, pairs):
    tried = 0
    for finding in findings:
        text = sentence(finding, language)
        for old, new in pairs:
            if old in text:
                tried += 1
                assert not proven(text.replace(old, new, 1), finding, language), text
    assert tried > 3


def test_figures_in_each_others_place_are_caught(findings):
    tried = 0
    for finding in findings:
        if not {"high", "low"} <= finding.values.keys() or "top" not in finding.names:
            continue
        values = {**finding.values, "high": finding.values["low"], "low": finding.values["high"]}
        swapped = dataclasses.replace(finding, values=values)
        tried += 1
        assert not proven(sentence(swapped, "en"), finding, "en")
        assert not proven(sentence(swapped, "en"), swapped, "en")
    assert tried


def test_no_form_names_a_cause():
    causes = re.compile(
        r"because|cause|due to|lead|led to|drive|drove|result|thanks|因为|由于|导致|引起|造成|使得"
    )
    assert [f for f in (*EN.values(), *ZH.values()) if causes.search(f)] == []


@pytest.mark.parametrize(
    ("language", "more"),
    [("en", " This is because of the weather."), ("zh", "这是由天气导致的。"), ("en", " In Paris too.")],
)
def test_causes_and_inventions_are_caught(findings, language, more):
    for finding in findings[:10]:
        assert not proven(sentence(finding, language) + more, finding, language)
