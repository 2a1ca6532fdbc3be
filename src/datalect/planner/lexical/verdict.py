"""Answer, ask back or refuse: what the scores of the candidates add up to."""

from __future__ import annotations

from datalect.data.model import Catalog
from datalect.planner.base import Interpretation, Language, Reading
from datalect.planner.lexical.confidence import features, probability
from datalect.planner.lexical.frame import Frame
from datalect.planner.lexical.readings import Candidate
from datalect.planner.lexical.sequence import Sequence
from datalect.planner.linking.text import Normalised

ANSWER = 0.65  # probability from which the best reading is run without asking back
ASK = 0.2  # probability below which words that were not understood mean a refusal
LOST = 0.5  # probability at most when a part of the question found no place in the plan
FAINT = (
    1.6  # times its raw score is the most a reading can be sure of: below 0.37 hardly one in five is right
)
SHOW = 0.05  # probability a reading needs to be offered
CLOSE = 0.95  # a second reading nearer to the first than this is asked about

_REASONS = {
    "unknown": {
        "en": "These words were not understood: {words}. Columns there are: {columns}.",
        "zh": "没有理解这些词：{words}。可用的列有：{columns}。",
    },
    "nothing": {
        "en": "The question names nothing that is in the tables. Columns there are: {columns}.",
        "zh": "问题中没有提到表里的内容。可用的列有：{columns}。",
    },
    "unsure": {
        "en": "The question can be understood in more than one way.",
        "zh": "这个问题可以有不止一种理解。",
    },
    "weak": {
        "en": "It is not clear what is asked.",
        "zh": "不确定问题的意思。",
    },
}


def judge(
    found: list[Candidate],
    frame: Frame,
    seq: Sequence,
    question: Normalised,
    language: Language,
    catalog: Catalog,
    *,
    followed: bool = False,
) -> Interpretation:
    """Turn candidates into an interpretation.

    Args:
        found: candidates, best first.
        frame: what the question was parsed to.
        seq: its items.
        question: its normalised text.
        language: language of the reader.
        catalog: the tables.
        followed: the question changes the one before it, so the words left over are all there is to doubt.
    """
    unused = unused_words(frame, seq, question)
    cover = coverage(frame, seq)
    if not found:
        sure = 0.0
    elif followed:
        sure = min(1.0, found[0].score * cover)
    else:
        sure = probability(features(found, frame, seq, question, cover, language))
        sure = min(sure, FAINT * found[0].score)
    if found and (found[0].lost or frame.doubts):
        sure = min(sure, LOST)
    scored = [(c, round(sure * c.score / found[0].score, 4)) for c in found if c.score > 0]
    readings = tuple(
        Reading(
            plan=c.plan,
            score=score,
            unused=unused,
            assumptions=tuple(n[0 if language == "en" else 1] for n in dict.fromkeys(c.notes)),
        )
        for c, score in scored
        if score >= SHOW
    )[:5]
    joint = ", " if language == "en" else "、"
    columns = joint.join(nearest_columns(frame, seq, catalog))
    if not readings or (unused and readings[0].score < ASK):
        kind = "unknown" if unused else "nothing"
        reason = _REASONS[kind][language].format(words=joint.join(unused), columns=columns)
        return Interpretation(status="refused", language=language, reason=reason, unused=unused)
    best = readings[0]
    if best.score < ANSWER:
        reason = _REASONS["unknown" if unused else "weak"][language].format(
            words=joint.join(unused), columns=columns
        )
        return Interpretation(
            status="ambiguous", language=language, readings=readings, reason=reason, unused=unused
        )
    if len(readings) > 1 and scored[1][0].score > CLOSE * scored[0][0].score + 1e-9:
        return Interpretation(
            status="ambiguous",
            language=language,
            readings=readings,
            reason=_REASONS["unsure"][language],
            unused=unused,
        )
    return Interpretation(status="answered", language=language, readings=readings, unused=unused)


def unused_words(frame: Frame, seq: Sequence, question: Normalised) -> tuple[str, ...]:
    """Words no part of a plan came from, as written."""
    out = []
    for at in sorted(set(frame.unknown)):
        item = seq.items[at]
        start, end = question.original(item.start, item.end)
        out.append(question.raw[start:end].strip())
    merged: list[str] = []
    previous = -2
    for at, word in zip(sorted(set(frame.unknown)), out, strict=True):
        if merged and at == previous + 1 and word and word[0] > "\u3000":
            merged[-1] += word
        else:
            merged.append(word)
        previous = at
    return tuple(dict.fromkeys(w for w in merged if w))


def coverage(frame: Frame, seq: Sequence) -> float:
    """How much of what the question says went into the plan: 1 for all of it."""
    known, lost = 0.0, 0.0
    for at, item in enumerate(seq.items):
        if not any(c.isalnum() for c in item.text):
            continue
        size = 1.0 if item.text[0] < "\u3000" else 0.5 * len(item.text)
        role = seq.roles[at]
        if at in frame.unknown:
            lost += 0.5 * size if role == "noun" else size
        elif role and role not in ("noise",):
            known += size
    if known == 0:
        return 0.25
    return float((known / (known + lost)) ** 1.3)


def nearest_columns(frame: Frame, seq: Sequence, catalog: Catalog) -> list[str]:
    """Columns whose names look most like the words that were not understood."""
    from rapidfuzz import fuzz

    visible = [c for t in catalog.tables for c in t.columns if not c.hidden]
    words = [seq.items[at].text for at in frame.unknown]
    if words:
        visible.sort(key=lambda c: -max(fuzz.partial_ratio(w, c.name.lower()) for w in words))
    return [c.name for c in visible[:6]]
