"""Whether a sentence may be shown: it is read back against its finding, slot by slot.

A sentence of a report must fit one of the closed forms of its finding. Each name in it must be that very
name, each date that date, each figure that figure at the precision shown with its unit, scale or percent
sign, and what the form claims (rose, higher, in all rows ...) must hold for the figures. Anything else fails.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from datalect.answer.formats import CURRENCY_SIGNS, CURRENCY_ZH, plain_number, unit_name
from datalect.answer.labels import singular
from datalect.report.finding import Finding
from datalect.report.words_en import FORMS as EN
from datalect.report.words_zh import FORMS as ZH

if TYPE_CHECKING:
    from datalect.answer.ground import Field
    from datalect.planner.base import Language

_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
_PLURAL = re.compile(r"(rows|days|months|values|columns|groups)\b")
_FIGURE = re.compile(
    r"(?P<minus>−?)(?P<sign>[$¥€£₹₩]?)(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<power>e[+\-]?\d+)?"
    r"\s*(?P<scale>%|trillion|billion|million|万亿|亿|万|)(?P<rest>.*)",
    re.S,
)
_SCALE = {
    "万": 1e4, "亿": 1e8, "万亿": 1e12, "million": 1e6, "billion": 1e9, "trillion": 1e12, "%": 0.01, "": 1.0,
}  # fmt: skip
# What the two sides of a claim are called; the first pair that a finding has is the one its form speaks of.
_SIDES = (
    ("y0", "y1"), ("rest", "value"), ("first", "last"), ("before", "after"), ("old", "new"), ("out", "in"),
)  # fmt: skip


def proven(text: str, finding: Finding, language: Language) -> bool:
    """Whether every claim of the sentence is borne out by the finding."""
    return not problems(text, finding, language)


def problems(text: str, finding: Finding, language: Language) -> list[str]:
    """What in the sentence the finding does not bear out; empty when all is proven."""
    from datalect.report.words import said

    forms = ZH if language == "zh" else EN
    found: list[str] = []
    for form in forms:
        if form != finding.form and not form.startswith(finding.form + ":"):
            continue
        read = _read(text, said(forms[form], finding), finding, language)
        if read is None:
            continue
        wrong = [f"{key}: {shown!r}" for key, shown in read if not _holds(key, shown, finding, language)]
        if not claim_holds(form, finding):
            wrong.append("the figures do not bear out the claim")
        if not wrong:
            return []
        found = found or wrong
    return found or ["it fits no form of the finding"]


# ---------------------------------------------------------------- reading a sentence by its form


def _read(text: str, template: str, finding: Finding, language: Language) -> list[tuple[str, str]] | None:
    """The slots as they stand in the sentence, or None where it does not fit the form."""
    pattern, keys = "", []
    place = 0
    for slot in _SLOT.finditer(template):
        pattern += _literal(template[place : slot.start()])
        names = _name_pattern(slot[1], finding, language)
        pattern += f"({names if names is not None else '.+?'})"
        keys.append(slot[1])
        place = slot.end()
    pattern += _literal(template[place:])
    found = _compiled(pattern).fullmatch(text) or _compiled(pattern).fullmatch(text[:1].lower() + text[1:])
    return None if found is None else list(zip(keys, found.groups(), strict=True))


def _literal(text: str) -> str:
    """Fixed words of a form; "1 row" stands for "1 rows"."""
    return _PLURAL.sub(lambda m: f"(?:{m[1]}|{singular(m[1])})", re.escape(text))


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.S)


def _name_pattern(key: str, finding: Finding, language: Language) -> str | None:
    """What a slot for names must read, exactly; None for slots that hold figures."""
    names = {k: w.in_(language) for k, w in finding.names.items()}
    sure = {k: re.escape(w) for k, w in names.items()}
    if key == "formula":
        parts = [names[f"p{i}"] for i in range(finding.values["parts"])]
        return re.escape(str(finding.values["text"]).format(*parts))
    if key in ("keys", "groups"):
        start = "k" if key == "keys" else "g"
        listed = [p for k, p in sure.items() if re.fullmatch(start + r"\d+", k)]
        return r"(?:, | and |、|和)".join(listed) if listed else None
    if key == "spelled":
        count = int(finding.values["spellings"])
        around = (r"（", "行）") if language == "zh" else (r" \(", r" rows?\)")
        parts = [f"{sure[f's{i}']}{around[0]}{finding.values[f'n{i}']:,}{around[1]}" for i in range(count)]
        return r"(?:, | and |、|和)".join(parts)
    if key not in names:
        return None
    first = names[key][:1]
    # A name at the start of a sentence begins with a capital letter.
    either = f"[{re.escape(first.upper())}{re.escape(first)}]" if first.isalpha() and first.isascii() else ""
    return either + re.escape(names[key][1:]) if either else sure[key]


# ---------------------------------------------------------------- comparing with the finding


def _holds(key: str, shown: str, finding: Finding, language: Language) -> bool:
    """Whether the text of a slot says what the finding holds there."""
    if _name_pattern(key, finding, language) is not None:
        return True  # the form only matched because it is that very name
    value = finding.values.get(key)
    if isinstance(value, date | datetime):
        from datalect.report.words import written

        return shown == written(value, finding.shapes.get(key), language)
    number = plain_number(value)
    if number is None:
        return False
    return _same_figure(shown, abs(number) if key == "change" else number, finding.shapes.get(key), language)


def _same_figure(shown: str, value: float | int, shape: Field | None, language: Language) -> bool:
    found = _FIGURE.fullmatch(shown)
    if found is None or not _unit_fits(found, shape, language):
        return False
    digits = found["digits"].replace(",", "")
    said = float(digits + (found["power"] or "")) * (-1 if found["minus"] else 1)
    power = 10.0 ** int(found["power"][1:]) if found["power"] else 1.0
    step = 0.5 * 10.0 ** -len(digits.partition(".")[2]) * power
    percent = shape.percent if shape is not None else 0.0
    scale = _SCALE[found["scale"]]
    if found["scale"] == "%":
        scale = 1.0 / percent if percent else 0.0
    elif percent:
        return False
    return scale > 0 and abs(value / scale - said) <= step * 1.000001 + abs(said) * 1e-9


def _unit_fits(found: re.Match[str], shape: Field | None, language: Language) -> bool:
    """The unit or currency shown must be that of the figure, and none where it has none."""
    rest = found["rest"].strip()
    unit = shape.unit if shape is not None and not shape.percent else None
    currency = shape.currency if shape is not None and not shape.percent else None
    if currency:
        signs = {
            currency,
            CURRENCY_SIGNS.get(currency.upper(), currency),
            CURRENCY_ZH.get(currency.upper(), ""),
        }
        return (rest or found["sign"]) in signs | {"yuan"} and not (rest and found["sign"])
    if unit:
        name = unit_name(unit, language)
        return not found["sign"] and rest in (name, singular(name), unit)
    grain = shape is not None and shape.grain is not None and rest in ("", "年")
    return not found["sign"] and (not rest or grain)


def claim_holds(form: str, finding: Finding) -> bool:
    """Whether the figures bear out what a form claims by its words."""
    values = finding.values
    name, _, way = form.partition(":")
    sides = next(((values[a], values[b]) for a, b in _SIDES if a in values and b in values), None)
    if "x0" in values and not values["x1"] > values["x0"]:
        return False  # every such form speaks of a factor that rises
    if name.endswith("_ends"):
        return bool(values["high"] > values["low"])
    if name.endswith("_busy") or name.endswith("_quiet"):
        return sides is not None and (sides[1] > sides[0]) == name.endswith("_busy")
    if way.endswith("times"):
        return bool(values["change"] > 0)
    if way.endswith("up") or way.endswith("down"):
        return sides is not None and sides[0] != sides[1] and (sides[1] > sides[0]) == way.endswith("up")
    if name == "copy":
        return bool(values["equal"] == values["both"]) == (way == "all")
    if name == "missing_where":
        return bool(values["rest"] == 0) == (way == "only")
    if name in ("formula", "sum"):
        return bool(values["equal"] >= values["known"])
    if name in ("formula_mostly", "sum_mostly"):
        return bool(values["exceptions"] == values["known"] - values["equal"])
    if name.startswith("sentinel"):
        return bool(values["treated"]) == (way != "kept")
    return True
