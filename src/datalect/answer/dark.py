"""A chart's colours on a dark page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The palette's blue and grey are too dark on a dark ground; the other colours stand out on both.
_COLOURS = {"#0072B2": "#4DA3E0", "#4D4D4D": "#B8BEC6", "#e6e6e6": "#39424C", "white": "transparent"}
_TEXT = "#D5DAE0"
_LINES = "#5B6670"


def dark(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The same chart for a dark page: light text on no ground of its own; the data are untouched."""
    drawn = {key: value if key == "data" else _recoloured(value) for key, value in spec.items()}
    config: dict[str, Any] = drawn.get("config", {})
    axis = {"labelColor": _TEXT, "titleColor": _TEXT, "domainColor": _LINES, "tickColor": _LINES}
    legend = {"labelColor": _TEXT, "titleColor": _TEXT}
    drawn["config"] = config | {
        "axis": config.get("axis", {}) | axis,
        "legend": config.get("legend", {}) | legend,
        "title": config.get("title", {}) | {"color": _TEXT},
    }
    return drawn


def _recoloured(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: node[key] if key in ("text", "title", "sort", "domain") else _recoloured(node[key])
                for key in node}  # fmt: skip
    if isinstance(node, list | tuple):
        return [_recoloured(item) for item in node]
    return _COLOURS.get(node, node) if isinstance(node, str) else node
