"""Words that were not read and change what is asked: passing over one answers something else."""

from __future__ import annotations

from itertools import pairwise

from datalect.planner.lexical.frame import Frame
from datalect.planner.lexical.sequence import Sequence

# Verbs that only say that the rows are there.
_NEUTRAL = frozenset(
    "made taken recorded listed registered given found held included reported placed seen contained observed"
    " available present existing shown stored covered mentioned logged happened occurred counted named called"
    " come came go went belong belongs belonging based involved involving considering regarding"
    " issued".split()
)
_LEADS = frozenset(
    "is are was were be been being have has had with without who that which not never un non their"
    " ever get got".split()
)
_PREPOSITIONS = frozenset(
    "in at on by from to of for with during since after before between into as via".split()
)
_ASKED_ZH = ("多少", "几", "多")


def doubts(seq: Sequence, frame: Frame) -> int:
    """How many words were left over that say which rows, or which figure, are meant."""
    found = int(_ranked_change(seq, frame)) + int(_visits(seq))
    for at, item in enumerate(seq.items):
        if seq.roles[at] == "noun":
            found += not item.senses and _before_noun(seq, frame, at)
            continue
        if item.senses:
            found += _heard_only(seq, frame, at)
        elif at in frame.unknown:
            found += _condition_han(seq, at) if item.text[:1] > "\u3000" else _condition_word(seq, at)
    return found


_CHANGES = frozenset(
    "fall drop rise increase decrease decline gain jump loss swing surge dip growth change"
    " 涨幅 跌幅 增幅 降幅 增长 下降 增量 变化".split()
)


def _visits(seq: Sequence) -> bool:
    """Whether 人次 is asked of several tables: which rows stand for one is a guess."""
    texts = [item.text for item in seq.items]
    said = any("人次" in text for text in texts) or ("人", "次") in pairwise(texts)
    return said and len(seq.catalog.tables) > 1


def _ranked_change(seq: Sequence, frame: Frame) -> bool:
    """Whether the largest change is asked for, which is not the largest figure: "largest fall in sales"."""
    if frame.rank is None or any(name in ("growth", "change") for name, _ in frame.steps):
        return False
    near = [k for k in (frame.rank.at - 1, frame.rank.at + 1) if 0 <= k < len(seq)]
    return any(
        seq.items[k].text.split()[0] in _CHANGES and seq.ref(k, least=0.85, implied=False) is None
        for k in near
    )


def _before_noun(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a word taken for the rows only describes them: "how many recalled cars"."""
    if at + 1 >= len(seq) or not seq.items[at].text.isascii() or seq.items[at].text.endswith("s"):
        return False
    rows = seq.table(at + 1) is not None and not seq.quantity(at + 1)
    plural = not seq.items[at + 1].senses and seq.items[at + 1].text.endswith("s")
    return rows or (plural and at + 1 in frame.unknown)


def _heard_only(seq: Sequence, frame: Frame, at: int) -> bool:
    """Whether a word that stands for a condition or a figure found no column to be one of."""
    item = seq.items[at]
    if seq.cue(at, "condition") and not seq.roles[at]:
        return True
    if item.senses[0].kind != "implied" or seq.ref(at) is not None:
        return False
    following = seq.content(at, 1)
    if following is not None and seq.roles[following] == "want" and seq.quantity(following):
        return False  # 多少块钱工资: the figure is named beside it
    if any(w.kind not in ("count", "implied") for w in frame.wants):
        return False
    asks = item.text.startswith(("how ", *_ASKED_ZH)) or item.text.endswith(("多少", "多少钱", "多少元"))
    return asks or "多少" in item.text


def _condition_word(seq: Sequence, at: int) -> bool:
    """Whether an unknown word stands where a condition does: "were cancelled", "subscribed clients"."""
    text = seq.items[at].text
    if not text.isalpha() or text in _NEUTRAL:
        return False
    following = seq.items[at + 1].text if at + 1 < len(seq) else ""
    if at + 1 < len(seq) and seq.roles[at + 1] == "filter" and not seq.has(at + 1, "time"):
        return False  # "rated high": the value says it
    if following in _PREPOSITIONS and any(
        seq.roles[k] == "filter" for k in range(at + 1, min(len(seq), at + 5))
    ):
        return False  # "cars made in Japan": what follows is the condition
    before = seq.items[at - 1].text.split()[-1] if at > 0 and seq.items[at - 1].text else ""
    if before in _LEADS and not (text.endswith("s") and before in ("have", "has", "had", "with", "that")):
        return True
    ending = text.endswith(("ed", "ing")) and len(text) > 4
    last = all(not any(c.isalnum() for c in seq.items[k].text) for k in range(at + 1, len(seq)))
    if ending and (last or seq.roles[at + 1] == "noun"):
        return True
    # "how many new vehicles": of the vehicles, only these
    return at + 1 < len(seq) and seq.roles[at + 1] == "noun" and at > 0 and bool(seq.roles[at - 1])


def _condition_han(seq: Sequence, at: int) -> bool:
    """Whether an unknown Chinese word says which rows are meant: 有房贷的客户, 取消的订单."""
    item = seq.items[at]
    if not item.text[-1].isalnum():
        return False
    following = seq.items[at + 1].text if at + 1 < len(seq) else ""
    before = seq.items[at - 1].text if at > 0 else ""
    for near in (at - 1, at + 1):
        if 0 <= near < len(seq) and seq.roles[near] == "filter" and len(seq.items[near].text) == 1:
            return seq.items[near].text > "\u3000"  # 华东 is not East
    if at > 0 and seq.roles[at - 1] == "filter":
        return False  # 独自出行的: a verb of the condition before it
    if following in ("的", "了的") and at + 2 < len(seq):
        return seq.roles[at + 2] in ("noun", "want", "entity") or seq.cue(at + 2, "rows", "count") is not None
    return before in ("有", "没", "没有", "未", "不", "被", "已", "非", "无") and len(item.text) <= 4
