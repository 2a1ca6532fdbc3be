"""Reading a plan back: one exact sentence about everything it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from datalect.plan.checked import CheckedPlan
from datalect.plan.names import Names
from datalect.plan.phrases_en import English
from datalect.plan.phrases_zh import Chinese


def read_back(checked: CheckedPlan, language: Literal["en", "zh"], as_of: datetime | None = None) -> str:
    """Say what a checked plan computes, with nothing left out.

    Args:
        checked: what ``check`` returned.
        language: ``en`` or ``zh``.
        as_of: the moment relative time counts from, as given to ``compile_plan``.
    """
    moment = as_of or checked.catalog.as_of or datetime.now().replace(microsecond=0)
    kind = Chinese if language == "zh" else English
    phrases = kind(checked.catalog, Names(checked.catalog), moment, given=as_of)
    labels = {o.name: o.label_zh if language == "zh" else o.label_en for o in checked.outputs}
    return replace(phrases, outputs=labels).sentence(checked)
