"""Whether a sentence may be shown: every number, name and direction maps to a slot of its finding.

The sentence is read on its own: names are cut out first, the longest first; each number left over must be a
figure of the finding at the precision shown (or its percentage); each direction word must agree with the
figures; no word may name a cause; every other word must come from the vocabulary of the forms.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from datalect.answer.formats import plain_number, unit_name
from datalect.report.finding import Finding
from datalect.report.words_en import FORMS as EN
from datalect.report.words_zh import FORMS as ZH

if TYPE_CHECKING:
    from datalect.planner.base import Language

_NUMBER = re.compile(
    r"(−?)[$¥€£₹₩]?(\d[\d,]*(?:\.\d+)?)(e[+\-]?\d+)?\s*(%|trillion|billion|million|万亿|亿|万)?"
)
_SCALE = {"万": 1e4, "亿": 1e8, "万亿": 1e12, "million": 1e6, "billion": 1e9, "trillion": 1e12, "%": 0.01}
_CAUSES = {
    "en": re.compile(
        r"\b(because|cause[sd]?|due to|leads? to|led to|drives?|drove|results? in|makes|thanks to)\b"
    ),
    "zh": re.compile(r"因为|由于|导致|引起|造成|使得|促使|归因"),
}
_UP = {
    "en": ("rises", "rose", "higher", "more frequent as", "became more", "is more"),
    "zh": ("上升：", "较高", "更常见", "高出", "上升了"),
}
_DOWN = {
    "en": ("falls", "fell", "lower", "less frequent", "became less"),
    "zh": ("下降", "较低", "更少见", "低了"),
}
_GAP = "\x00"


def proven(text: str, finding: Finding, language: Language) -> bool:
    """Whether every claim of the sentence is borne out by the finding."""
    return not problems(text, finding, language)


def problems(text: str, finding: Finding, language: Language) -> list[str]:
    """What in the sentence the finding does not bear out."""
    found = []
    if not text.strip() or "{" in re.sub(r"[“(].*?[”)]", "", _without_names(text, finding, language)):
        found.append("a slot was left open")
    rest = _without_names(text, finding, language)
    rest = _without_dates(rest, finding, language)
    for match in _NUMBER.finditer(rest):
        if not _is_figure(match, finding):
            found.append(f"{match[0].strip()} is no figure of the finding")
    if _CAUSES[language].search(rest):
        found.append("a word names a cause")
    found += _directions(rest, finding, language)
    found += _unknown_words(rest, finding, language)
    return found


def _without_names(text: str, finding: Finding, language: Language) -> str:
    names = {w.in_(language) for w in finding.names.values()}
    for name in sorted((n for n in names if n), key=len, reverse=True):
        for form in {name, name[:1].upper() + name[1:]}:
            text = _named(form).sub(_GAP, text)
    return text


@lru_cache(maxsize=4096)
def _named(name: str) -> re.Pattern[str]:
    """A name where it stands alone: neither inside a longer word nor inside a figure."""
    before = r"(?<![A-Za-z0-9.,])" if name[:1].isascii() and name[:1].isalnum() else ""
    after = r"(?![A-Za-z0-9]|[.,][0-9])" if name[-1:].isascii() and name[-1:].isalnum() else ""
    return re.compile(before + re.escape(name) + after)


def _without_dates(text: str, finding: Finding, language: Language) -> str:
    from datalect.report.words import written

    for key, value in finding.values.items():
        if isinstance(value, date | datetime):
            text = text.replace(written(value, finding.shapes.get(key), language), _GAP)
    return text


def _is_figure(match: re.Match[str], finding: Finding) -> bool:
    digits = match[2].replace(",", "")
    value = float(digits + (match[3] or "")) * (-1 if match[1] else 1)
    scale = _SCALE.get(match[4] or "", 1.0)
    decimals = len(digits.partition(".")[2]) if not match[3] else 0
    step = 0.5 * 10.0**-decimals * (10.0 ** int(match[3][1:]) * 0.01 if match[3] else 1.0)
    for key, known in finding.values.items():
        figure = plain_number(known)
        if figure is None:
            continue
        shape = finding.shapes.get(key)
        options = [float(figure)]
        if match[4] == "%" and shape is not None and shape.percent == 1:
            options = [float(figure) / 100]
        elif match[4] == "%" and (shape is None or not shape.percent):
            continue
        if key == "change":
            options = [abs(options[0])]
        if any(abs(option / scale - value) <= step * 1.000001 + abs(value) * 1e-9 for option in options):
            return True
    return digits in ("1", "100") and "text" in finding.values  # the constants of a formula


def _directions(rest: str, finding: Finding, language: Language) -> list[str]:
    """Words of direction must agree with the pair of figures they speak of."""
    values = finding.values
    ends = next(
        (
            (values[a], values[b])
            for a, b in (("y0", "y1"), ("rest", "value"), ("first", "last"), ("before", "after"))
            if a in values and b in values
        ),
        None,
    )
    if ends is None or finding.type not in ("trend", "change_point", "difference", "correlation"):
        return []
    down = any(w in rest for w in _DOWN[language])
    up = any(w in rest for w in _UP[language]) and not down
    if (up and ends[1] <= ends[0]) or (down and ends[1] >= ends[0]):
        return ["a direction word disagrees with the figures"]
    return []


@cache
def _vocabulary(language: Language) -> frozenset[str]:
    forms = EN if language == "en" else ZH
    words: set[str] = set()
    for template in forms.values():
        words.update(_words(re.sub(r"\{[a-z0-9_]+\}", " ", template), language))
    return frozenset(words)


def _words(text: str, language: Language) -> list[str]:
    if language == "zh":
        return re.findall(r"[㐀-鿿]", text)
    return [w.lower() for w in re.findall(r"[A-Za-z]+", text)]


# Units and scales that follow a figure.
_UNITS = frozenset(
    "million billion trillion days day hours hour minutes minute seconds second weeks week "
    "months month years year "
    "ms km m cm mm kg g t lb ft in mph miles mile nights night people yuan l kwh mw and rows "
    "row column group value "
    "usd eur gbp cny jpy hkd aud cad inr krw twd e".split()
)
_UNITS_ZH = frozenset(
    "万亿元美欧英镑日港澳加卢比韩新台币天小时分钟秒周个月年里晚公千米厘毫斤克吨平方人升和点行"
)


def _unknown_words(rest: str, finding: Finding, language: Language) -> list[str]:
    known = _vocabulary(language) | (_UNITS if language == "en" else _UNITS_ZH)
    for shape in finding.shapes.values():
        for unit in (shape.unit, shape.currency):
            known |= (
                frozenset(_words(unit_name(unit, language) + " " + unit, language)) if unit else frozenset()
            )
    strange = [w for w in _words(rest, language) if w not in known]
    return [f"“{strange[0]}” belongs to no form"] if strange else []
