"""Charts over real results: valid, inline, equal to the table, drawn offline."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import altair as alt
import pytest

import datalect as dl
from answer import corpus_reading as corpus
from answer.conftest import run
from datalect.answer.charts import PALETTE, draw_chart
from datalect.answer.jsonable import jsonable
from datalect.answer.model import Answer, Chart
from datalect.errors import UsageError

ALLOWED_MARKS = {"bar", "line", "area", "point", "rect", "boxplot", "arc"}
FORBIDDEN = {
    "signal",
    "expr",
    "href",
    "url",
    "labelExpr",
    "transform",
    "params",
    "calculate",
    "datasets",
    "usermeta",
}


def answer_of(case: str, language: str = "en", **show: Any) -> Answer:
    checked = corpus.checked_of(case)
    plan = checked.plan.model_copy(update={"show": type(checked.plan.show)(**show)})
    return Answer(
        status="answered",
        language=language,  # type: ignore[arg-type]
        table=corpus.table_of(corpus.cases()[case]),
        plan=plan,
        facts=corpus.facts(case),
    )


def chart_of(case: str, language: str = "en", **show: Any) -> Chart:
    chart = draw_chart(answer_of(case, language, **show))
    assert chart is not None
    return chart


def keys_of(node: Any) -> set[str]:
    if isinstance(node, dict):
        return set(node) | {k for value in node.values() for k in keys_of(value)}
    return {k for item in node for k in keys_of(item)} if isinstance(node, list) else set()


@pytest.mark.parametrize("case", sorted(corpus.cases()))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_specs_are_valid_inline_and_equal_to_the_table(case: str, language: str) -> None:
    answer = answer_of(case, language)
    chart = draw_chart(answer)
    if chart is None:
        return
    alt.Chart.from_dict(dict(chart.spec))
    assert chart.mark in ALLOWED_MARKS
    spec = {k: v for k, v in chart.spec.items() if k != "data"}
    assert not keys_of(spec) & FORBIDDEN
    assert set(chart.spec["data"]) == {"values"}
    table = [{k: jsonable(v) for k, v in row.items()} for row in answer.rows()]
    drawn = [
        {name: row[name] for name in answer.columns} for row in chart.data if row.get("label") != "other"
    ]
    for row in drawn:
        row.update({k: v.removesuffix("Z") for k, v in row.items() if isinstance(v, str) and v.endswith("Z")})
    if not chart.notes:
        assert sorted(map(json.dumps, drawn)) == sorted(map(json.dumps, table))


def encoding(chart: Chart) -> dict[str, Any]:
    return dict(chart.spec["encoding"])


def test_the_rules_choose_by_what_columns_are() -> None:
    assert chart_of("monthly").mark == "line"
    assert chart_of("by_origin").mark == "bar"
    assert chart_of("monthly", mark="area").mark == "area"
    assert chart_of("distance_bins").spec["encoding"]["x"]["bin"] == "binned"
    assert chart_of("origin_month").spec["encoding"]["color"]["field"] == "series"
    assert chart_of("origin_month", mark="heatmap").mark == "rect"
    assert chart_of("by_origin", mark="pie").mark == "arc"
    assert draw_chart(answer_of("by_origin", mark="none")) is None
    assert draw_chart(answer_of("flights_count")) is None


def test_a_pie_of_averages_becomes_bars_with_a_note() -> None:
    chart = chart_of("all_carriers", mark="pie")
    assert chart.mark == "bar"
    assert "pie" in chart.notes[0]


def test_bars_start_at_zero_and_are_sorted() -> None:
    chart = chart_of("all_carriers")
    sides = encoding(chart)
    figure, group = (
        (sides["x"], sides["y"]) if sides["x"]["type"] == "quantitative" else (sides["y"], sides["x"])
    )
    assert figure["scale"]["zero"] is True
    values = [row[chart.spec["data"]["values"][0] and "d"] for row in chart.data]
    assert values == sorted(values, reverse=True)
    assert group["sort"] == [row["label"] for row in chart.data]
    assert group["axis"]["labelLimit"] == 0


def test_log_only_when_asked_and_never_with_bars() -> None:
    assert "type" not in encoding(chart_of("monthly"))["y"]["scale"]
    chart = chart_of("by_origin", log=True)
    assert chart.mark == "point"
    assert chart.spec["encoding"]["y"]["scale"] == {"type": "log"}
    assert "linear" in chart_of("all_carriers", log=True).notes[-1]


def test_the_palette_holds_no_two_like_colours() -> None:
    assert len(set(PALETTE)) == len(PALETTE) == 8


@pytest.mark.slow
def test_many_groups_become_other_only_where_sums_mean_something(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    lines = [f"{chr(65 + i // 26)}{chr(65 + i % 26)}x,{i + 1}" for i in range(30)]
    path.write_text("code_name,amount\n" + "\n".join(lines * 2), encoding="utf-8")
    plan: dict[str, Any] = {"from": "many", "by": [{"col": "code_name"}]}
    with dl.open(str(path)) as data:
        counted = run(data, {**plan, "get": [{"fn": "count"}]}, "zh").chart
        averaged = run(data, {**plan, "get": [{"fn": "avg", "col": "amount"}]}).chart
    assert counted is not None and averaged is not None
    assert counted.data[-1]["label"] == "其他"
    assert sum(row["count"] for row in counted.data) == 60
    assert len(averaged.data) == 20
    assert averaged.notes == ("Only the first 20 of 30 groups are drawn.",)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:No font with Chinese")  # this machine may have none
def test_svg_png_and_html_are_drawn_offline(tmp_path: Path) -> None:
    chart = chart_of("zh_city", "zh")
    svg = chart.to_svg()
    assert "北京" in svg
    assert chart.to_png(1.0).startswith(b"\x89PNG")
    page = chart.to_html()
    assert "default-src 'none'" in page
    outside = re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=", outside)

    for suffix in (".svg", ".png", ".html", ".json"):
        saved = chart.save(tmp_path / f"chart{suffix}")
        assert saved.stat().st_size > 500
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "chart.html",
        "chart.json",
        "chart.png",
        "chart.svg",
    ]


def test_saving_elsewhere_is_refused(tmp_path: Path) -> None:
    chart = chart_of("by_origin")
    with pytest.raises(UsageError, match="not known"):
        chart.save(tmp_path / "chart.bmp")
    with pytest.raises(UsageError, match="cannot be written"):
        chart.save(tmp_path / "absent" / "chart.svg")
    with pytest.raises(UsageError, match="scale"):
        chart.to_png(0)


def test_hostile_cells_stay_text(shop: dl.Dataset) -> None:
    plan = {"from": "orders", "by": [{"col": "note"}], "get": [{"fn": "sum", "col": "amount"}]}
    chart = run(shop, plan).chart
    assert chart is not None
    assert "<script>alert" not in chart.to_html()
    assert "<script" not in chart.to_svg()


def test_on_a_dark_page_text_is_light_and_the_ground_open(shop: Any) -> None:
    from datalect.answer.dark import dark

    answer = run(shop, {"from": "orders", "by": [{"col": "city"}], "get": [{"fn": "sum", "col": "amount"}]})
    assert answer.chart is not None
    light, on_dark = answer.chart.to_svg(), answer.chart.to_svg(dark=True)
    assert 'fill="white"' in light
    assert 'fill="white"' not in on_dark
    assert "#D5DAE0" in on_dark
    assert dark(answer.chart.spec)["data"] == answer.chart.spec["data"]


def test_a_full_disk_under_a_chart_leaves_no_half_file(tmp_path: Path) -> None:
    import resource
    import signal

    from datalect.answer.export import write_in_one_step
    from datalect.errors import LimitError

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that the write fails instead of the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(LimitError, match="could not be written"):
            write_in_one_step(tmp_path / "chart.svg", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, kept)
    assert list(tmp_path.iterdir()) == []
