"""From a finding to its sentence: which form, which variant, and how each slot is written."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from datalect.answer.dates import date_text
from datalect.answer.formats import count, figure, plain_number
from datalect.answer.ground import Field, Words
from datalect.answer.labels import singular
from datalect.data.model import Grain
from datalect.report.finding import Finding
from datalect.report.words_en import FORMS as EN
from datalect.report.words_zh import FORMS as ZH

if TYPE_CHECKING:
    from datalect.planner.base import Language

_SLOT = re.compile(r"\{([a-z0-9_]+)\}")
_ONE = re.compile(r"(?<![\d.,−])(1 )(rows|days|months|values|columns|groups)\b")
_AVERAGE = re.compile(r"(?i)(average|avg|mean)\b")
_MULTIPLE = 2.0
_AND = {"en": " and ", "zh": "和"}
_COMMA = {"en": ", ", "zh": "、"}


def sentence(finding: Finding, language: Language) -> str:
    """The finding in one sentence of a language."""
    forms = ZH if language == "zh" else EN
    template = said(forms[_form(finding, forms)], finding)
    text = _SLOT.sub(lambda m: slot(finding, m[1], language), template)
    if language == "zh":
        return text
    text = _ONE.sub(lambda m: m[1] + singular(m[2]), text)
    return text[:1].upper() + text[1:] if template.startswith("{") else text


def said(template: str, finding: Finding) -> str:
    """The form as it is said of this finding: the average of an average is an average."""
    outcome = finding.names.get("outcome")
    if outcome is None or not (_AVERAGE.match(outcome.en) or outcome.zh.startswith(("平均", "均"))):
        return template
    for word in ("Average ", "average ", "平均"):
        template = template.replace(word + "{outcome}", "{outcome}")
    return template


def _form(finding: Finding, forms: dict[str, str]) -> str:
    if finding.form in forms and not variant(finding):
        return finding.form
    named = f"{finding.form}:{variant(finding)}"
    return named if named in forms else finding.form


def variant(finding: Finding) -> str:
    """What follows the colon of a form, decided by the figures alone."""
    values, form = finding.values, finding.form
    if form.startswith("period_"):  # two periods are worded like two tables
        form = form.replace("period_", "compare_")
    if form.startswith("sentinel"):
        return "" if values["treated"] else "kept"
    if form == "stored_as_text":
        return f"{values['kind']}{' failed' if values['failed'] else ''}"
    if form == "variants":
        return "many" if values["groups"] > 1 else ""
    if form == "misspelt":
        return "one" if values["count"] == 1 else ""
    if form == "copy":
        return "all" if values["equal"] == values["both"] else ""
    if form == "missing_where":
        return "only" if values["rest"] == 0 else ""
    if form == "foreign_key":
        return "" if values["coverage"] >= 1 else "broken"
    if form in ("compare_added", "compare_dropped", "compare_new_values", "compare_lost_values"):
        return "one" if values["count"] == 1 else ""
    if form in ("compare_rows", "compare_total"):
        return "up" if values["change"] > 0 else "down"
    if form in ("compare_missing", "compare_share"):
        return "up" if values["new"] > values["old"] else "down"
    if form in ("trend_rows", "change_point", "sum_trend", "sum_change_point"):
        # Beyond a tripling a percentage says less than a multiple.
        way = "times" if values["change"] >= _MULTIPLE else "up" if values["change"] > 0 else "down"
        return f"{values['grain']} {way}"
    if form in ("spike", "sum_spike", "gap", "gap_one"):
        return str(values["grain"])
    if (form.endswith("_one") or form == "compare_average") and "rest" in values:
        return "up" if values["value"] > values["rest"] else "down"
    if "y0" in values:
        return "up" if values["y1"] > values["y0"] else "down"
    return ""


def slot(finding: Finding, key: str, language: Language) -> str:
    """One slot as it stands in the sentence."""
    if key == "spelled":
        return _spelled(finding, language)
    if key == "formula":
        parts = [finding.names[f"p{i}"].in_(language) for i in range(finding.values["parts"])]
        return str(finding.values["text"]).format(*parts)
    if key == "keys":
        return _listed(
            [w.in_(language) for k, w in finding.names.items() if re.fullmatch(r"k\d+", k)], language
        )
    if key == "groups" and "g0" in finding.names:
        return _listed(
            [w.in_(language) for k, w in finding.names.items() if re.fullmatch(r"g\d+", k)], language
        )
    if key in finding.names:
        return finding.names[key].in_(language)
    return written(finding.values[key], finding.shapes.get(key), language, signless=key == "change")


def written(value: Any, shape: Field | None, language: Language, *, signless: bool = False) -> str:
    """A figure or date as text."""
    if isinstance(value, date | datetime):
        return date_text(value, (shape.grain if shape is not None else None) or Grain.DAY, language)
    number = plain_number(value)
    if number is None:
        return str(value)
    if shape is not None and shape.grain is Grain.YEAR and 1000 <= number <= 2999:
        return f"{number:.0f}年" if language == "zh" else f"{number:.0f}"
    if signless:
        number = abs(number)
    if shape is None:
        return count(_tidy(number), language, exact=isinstance(number, int)).text
    text = figure(_tidy(number) if not shape.percent else number, shape, language).text
    share = number * shape.percent if shape.percent else 0.0
    if text == "100%" and share < 100:
        # All but one of ten thousand are not all.
        return next((t for d in range(1, 7) if (t := f"{share:.{d}f}%") != f"{100:.{d}f}%"), text)
    return text


def _tidy(number: float | int) -> float | int:
    """Averages of large figures need no decimals."""
    if isinstance(number, float) and abs(number) >= 1000:
        return round(number)
    return number


def _listed(parts: list[str], language: Language) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return _COMMA[language].join(parts[:-1]) + _AND[language] + parts[-1]


def _spelled(finding: Finding, language: Language) -> str:
    parts = []
    for i in range(int(finding.values["spellings"])):
        rows = count(finding.values[f"n{i}"], language, exact=True).text
        name = finding.names[f"s{i}"].in_(language)
        parts.append(f"{name}（{rows}行）" if language == "zh" else f"{name} ({rows} rows)")
    return _listed(parts, language)


def label(words: Words, language: Language) -> str:
    """A label at the start of a sentence."""
    text = words.in_(language)
    return text[:1].upper() + text[1:] if language == "en" else text
