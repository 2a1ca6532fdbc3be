"""Words of column names and what they say about the values, English and Chinese.

The words themselves are in ``vocabulary.txt``; here are the few that work by their place in a name.
"""

from __future__ import annotations

import re
from importlib.resources import files

from datalect.data.meaning.names import singular

# words that make a figure a summary, which must not be added up
AVERAGES = frozenset(
    "avg average mean median std stddev sd variance var percentile quantile min max minimum maximum lowest "
    "highest moving rolling per typical".split()
)
CHINESE_AVERAGES = ("平均", "人均", "户均", "均", "中位", "最高", "最低", "最大", "最小", "每")
CUMULATIVE = frozenset("cumulative cum cumul todate".split())
CHINESE_CUMULATIVE = ("累计", "现有", "期末", "期初", "年末", "月末", "结存", "剩余")
# ``invoice number`` identifies, ``number of invoices`` counts
NUMBERED_THINGS = frozenset(
    "order invoice account customer serial ticket case flight tracking room registration license licence "
    "record item part product model member policy passport card tax vat house street document file "
    "reference batch lot employee student patient bus train route track episode season chapter line row "
    "sequence seq po check cheque".split()
)
PREPOSITIONS = frozenset("of per by in at for from to on with since until as".split())
COUNTERS = frozenset("number num no nr n count cnt qty quantity total amount # counts".split())

_SECTION = re.compile(r"\[(en|zh) ([a-z ]+)\]")


def _read() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Word -> what it may mean (``money``, ``money non``, ...), by language."""
    found: dict[str, dict[str, tuple[str, ...]]] = {"en": {}, "zh": {}}
    language = what = ""
    text = files("datalect.data.meaning").joinpath("vocabulary.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        section = _SECTION.fullmatch(line)
        if section:
            language, what = section.groups()
        elif language and not line.startswith("#"):
            for word in line.split():
                words = found[language]
                word = singular(word) if language == "en" else word
                words[word] = (*words.get(word, ()), what)
    return found["en"], found["zh"]


ENGLISH_WORDS, CHINESE_ENDINGS = _read()
LONGEST_ENDING = max(len(w) for w in CHINESE_ENDINGS)
