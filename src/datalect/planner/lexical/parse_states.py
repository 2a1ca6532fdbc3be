"""States that a header tells by being empty, zero or its opposite: not returned, 带小孩的, "available"."""

from __future__ import annotations

import re

from datalect.data.model import Column, SemanticType
from datalect.planner.lexical.frame import Choice, Filter, Frame, Ref
from datalect.planner.lexical.sequence import Sequence, is_number, is_quantity, is_time
from datalect.planner.linking.stem import stem
from datalect.planner.linking.tokens import split_header
from datalect.planner.linking.vocabulary import expand

_DONE = (
    (
        r"(?:been |come |brought |given )?(?:returned|back|brought back|give[nr] back)",
        "归还|还回来?|还(?=的|$)|退还",
        ("return",),
    ),
    (r"(?:been )?(?:shipped|sent(?: out)?|dispatched)", "发货|寄出|发出", ("ship", "shipped")),
    (
        r"(?:been )?(?:delivered|received)",
        "送达|交付|收到|签收",
        ("delivery", "delivered", "received"),
    ),
    (r"(?:been )?(?:paid|settled)", "付款|支付|付清|结清", ("payment", "paid")),
    (
        r"(?:been )?(?:completed|finished|closed)",
        "完成|结束|关闭",
        ("completed", "completion", "finish", "closed", "end"),
    ),
    (r"(?:been )?discharged", "出院", ("discharge", "end")),
)
_NOT_EN = re.compile(r"^(?:not|never|n't|hasn't|haven't|isn't|aren't|wasn't|weren't|without)$")
_LATER = frozenset({"yet", "still", "so", "far", "还", "仍", "尚", "至今", "了"})
_OPPOSITES = ("un", "in", "non", "not", "dis")
_FREE_ZH = {"可用": "available", "空闲": "available", "空着": "available", "可预订": "available"}


def read_states(seq: Sequence, frame: Frame) -> None:
    """Read all states, each with the words that say it."""
    _read_undone(seq, frame)
    _read_some(seq, frame)
    _read_opposites(seq, frame)


def _read_undone(seq: Sequence, frame: Frame) -> None:
    """Read "not returned yet", 还没归还: the date of it is empty."""
    for at in range(len(seq)):
        first = seq.items[at].text
        if not seq.free(at) or not (seq.cue(at, "neg") or _NOT_EN.match(first)):
            continue
        for length in (4, 3, 2, 1):
            last = min(len(seq), at + 1 + length)
            if any(not seq.free(k) for k in range(at + 1, last)) or last <= at + 1:
                continue
            han = first[-1] > "\u3000"
            said = ("" if han else " ").join(seq.items[k].text for k in range(at + 1, last))
            about = next((a for en, zh, a in _DONE if re.fullmatch(zh if han else en, said)), None)
            dates = _dates(seq, about) if about is not None else []
            if not dates:
                continue
            frame.filters.append(Filter("null", Ref(dates, at, said), "null", at=at))
            seq.use(range(at, last), "filter")
            later = [k for k in (at - 1, last) if seq.free(k) and seq.items[k].text in _LATER]
            seq.use(later, "filter")
            break


def _dates(seq: Sequence, about: tuple[str, ...]) -> list[Choice]:
    """Dates called by one of some words that some rows lack."""
    wanted = {stem(word) for word in about}
    found = []
    for table in seq.catalog.tables:
        for column in table.columns:
            words = {stem(p) for w in split_header(column.name) for p in expand(w).split()}
            if not column.hidden and is_time(column) and column.profile.nulls and words & wanted:
                found.append(Choice(column.id, 0.9))
    return found


def _read_some(seq: Sequence, frame: Frame) -> None:
    """Read 带小孩的预订, "share of bookings with kids": the number is not zero."""
    for at in range(len(seq) - 1):
        if not seq.free(at) or not seq.cue(at, "has"):
            continue
        han = seq.items[at].text[-1] > "\u3000"
        k = at + 1
        while (
            not han and k < len(seq) and seq.items[k].text in ("a", "an", "any", "some", "at", "least", "one")
        ):
            k += 1
        column = seq.best(k) if seq.free(k) else None
        ref = seq.ref(k, least=0.75, implied=False) if column is not None else None
        if column is None or ref is None or not _may_lack(column) or seq.table(k, 0.85) is not None:
            continue
        behind = seq.items[k + 1].text if k + 1 < len(seq) else ""
        if han and (behind != "的" or not _things(seq, k + 2)):
            continue
        asked = any(seq.cue(m, "count", "share") for m in range(at))
        if not han and not (
            asked and at > 0 and _things(seq, at - 1) and behind in ("", "?", ".", "have", "are")
        ):
            continue
        zero = isinstance(column.profile.minimum, int | float) and column.profile.minimum == 0
        test = Filter("number", ref, ">", [0], at=at) if zero else Filter("null", ref, "notnull", at=at)
        frame.filters.append(test)
        seq.use([m for m in range(at, k + 1) if seq.free(m)], "filter")


def _things(seq: Sequence, at: int) -> bool:
    return 0 <= at < len(seq) and (seq.table(at) is not None or seq.cue(at, "rows") is not None)


def _may_lack(column: Column) -> bool:
    """Whether a number counts something a row may have none of."""
    zero = isinstance(column.profile.minimum, int | float) and column.profile.minimum == 0
    return is_quantity(column) and not is_time(column) and (zero or column.profile.nulls > 0)


def _read_opposites(seq: Sequence, frame: Frame) -> None:
    """Read "available" over a yes/no column called Unavailable."""
    for at in range(len(seq)):
        word, last = _state_word(seq, at)
        if not seq.free(at) or not word.isascii() or not word.isalpha() or len(word) < 4 or seq.thing(at):
            continue
        columns = [c for t in seq.catalog.tables for c in t.columns if not c.hidden and _opposite(c, word)]
        if not columns:
            continue
        neg = seq.free(at - 1) and seq.cue(at - 1, "neg") is not None
        choices = [Choice(c.id, 0.9) for c in columns]
        frame.filters.append(Filter("bool", Ref(choices, at, word), neg=not neg, at=at))
        seq.use([k for k in range(at - neg, last + 1) if seq.free(k)], "filter")


def _state_word(seq: Sequence, at: int) -> tuple[str, int]:
    """The English word for a state at an item, and the last item it takes: "are available", 可用."""
    text = seq.items[at].text
    pair = text + (seq.items[at + 1].text if at + 1 < len(seq) else "")
    for said, last in ((pair, at + 1), (text, at)):
        if said.removesuffix("的") in _FREE_ZH:
            return _FREE_ZH[said.removesuffix("的")], last
    words = text.split()
    return (words[-1] if words else "", at)


def _opposite(column: Column, word: str) -> bool:
    name = "".join(split_header(column.name))
    flag = column.meaning.type is SemanticType.BOOLEAN or (is_number(column) and column.profile.distinct <= 2)
    return flag and any(name in (f"{p}{word}", f"is{p}{word}") for p in _OPPOSITES)
