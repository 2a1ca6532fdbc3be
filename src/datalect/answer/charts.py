"""The chart that fits an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalect.answer.model import Answer, Chart


def draw_chart(answer: Answer) -> Chart | None:
    """The chart of an answer, or None when there is nothing worth drawing."""
    return None
