"""What stands around a number in a sentence."""

from __future__ import annotations

from datalect.answer.mentions import Mention
from datalect.answer.reading import Reading


def bound_of(reading: Reading, mention: Mention) -> str:
    """The words that loosen a number: about, over, under, nearly."""
    at = reading.mentions.index(mention)
    around = reading.mentions[max(0, at - 2) : at] + reading.mentions[at + 1 : at + 2]
    for other in reversed(around):
        after = other.start > mention.start
        if after and other.text not in (
            "左右",
            "上下",
            "以上",
            "or more",
            "or less",
            "以下",
            "多",
            "or fewer",
        ):
            continue
        for kind, bound in (
            ("about", "about"), ("nearly", "nearly"), ("slightly over", "over"), ("over", "over"),
            ("under", "under"),
        ):  # fmt: skip
            if kind in other.kinds:
                return bound
    return ""


def words_before(reading: Reading, mention: Mention, size: int = 6) -> list[Mention]:
    """What stands right before a number, back to the last mark."""
    at = reading.mentions.index(mention)
    out: list[Mention] = []
    for other in reversed(reading.mentions[max(0, at - size) : at]):
        if other.kind == "stop" and other.text in ",;.()，；。（）":
            break
        out.append(other)
    return out


def words_around(reading: Reading, at: int) -> list[Mention]:
    """What stands with a number, up to the marks around it."""
    before = list(words_before(reading, reading.mentions[at], 2))
    after: list[Mention] = []
    for other in reading.mentions[at + 1 : at + 5]:
        if other.kind == "stop" and other.text in ",;.:()，；。：（）":
            break
        after.append(other)
    return before + after


def kinds_after(reading: Reading, index: int) -> set[str]:
    """What the next two segments say."""
    later = reading.segments[index + 1 : index + 3]
    return {k for s in later for k in s.kinds()}
