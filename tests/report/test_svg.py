"""Small charts: well-formed, inside their frame, silent about nothing, whatever the figures are."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalect.answer.ground import Words
from datalect.report import scales
from datalect.report.model import ChartSpec
from datalect.report.svg import HEIGHT, WIDTH, draw
from report.reports import daily_chart, same

_NUMBERS = st.none() | st.floats() | st.integers(-(10**15), 10**15).map(float)
_TEXTS = st.text(max_size=40) | st.dates().map(lambda d: d.isoformat())


@st.composite
def specs(draw_: st.DrawFn) -> ChartSpec:
    """Any chart a miner could ask for, and many it should not."""
    heights = draw_(st.lists(_NUMBERS, max_size=40))
    number = len(heights)
    return ChartSpec(
        mark=draw_(st.sampled_from(["bar", "line", "histogram", "dots"])),
        labels=tuple(draw_(st.lists(_TEXTS, min_size=number, max_size=number))),
        labels_zh=draw_(st.sampled_from([(), ("甲",) * number])), y=tuple(heights),
        x=draw_(st.just(()) | st.lists(st.floats(), min_size=number, max_size=number).map(tuple)),
        edges=tuple(sorted(draw_(st.lists(st.floats(allow_nan=False), max_size=number + 1)))),
        highlight=tuple(draw_(st.lists(st.integers(-3, 50), max_size=4))), reference=draw_(_NUMBERS),
        mark_at=draw_(st.none() | st.integers(-2, 50)), percent=draw_(st.booleans()),
    )  # fmt: skip


@settings(max_examples=150)
@given(spec=specs())
def test_any_chart_is_well_formed_and_inside_its_frame(spec: ChartSpec) -> None:
    drawn = str(draw(spec))
    if not drawn:
        return
    root = ElementTree.fromstring(drawn)
    height = float(root.get("height", "0"))
    assert "nan" not in _marks(drawn) and "inf" not in _marks(drawn)
    for element in root:
        assert element.tag in ("text", "path", "rect", "circle")
        for name, limit in (("x", WIDTH), ("cx", WIDTH), ("y", height), ("cy", height)):
            if name in element.attrib:
                assert -1 <= float(element.attrib[name]) <= limit + 1, ElementTree.tostring(element)
        if element.tag == "rect":
            assert float(element.attrib["width"]) >= 0 and float(element.attrib["height"]) >= 0
            assert float(element.attrib["x"]) + float(element.attrib["width"]) <= WIDTH + 1


def _marks(drawn: str) -> str:
    """The drawing without its texts."""
    return re.sub(r"(<text[^>]*>)[^<]*</text>", r"\1", drawn)


def test_one_language_on_request() -> None:
    spec = ChartSpec(
        mark="bar", labels=("Monday", "Tuesday"), labels_zh=("周一", "周二"), y=(3.0, 1_234_567.0)
    )
    both, english, chinese = str(draw(spec)), str(draw(spec, "en")), str(draw(spec, "zh"))
    assert "Monday" in both and "周一" in both and both.count("lang=") == 6
    assert "周一" not in english and "1.23 million" in english and "lang=" not in english
    assert "Monday" not in chinese and "123.5万" in chinese


def test_what_the_sentence_speaks_of_stands_out() -> None:
    drawn = str(draw(ChartSpec(mark="bar", labels=("a", "b", "c"), y=(1.0, 2, 3), highlight=(1,))))
    assert re.findall(r'<rect class="(\w)"', drawn) == ["m", "h", "m"]
    plain = str(draw(ChartSpec(mark="bar", labels=("a", "b"), y=(1.0, 2))))
    assert re.findall(r'<rect class="(\w)"', plain) == ["h", "h"]


def test_a_spoken_bar_is_never_left_out() -> None:
    spec = ChartSpec(
        mark="bar", labels=tuple(f"a longer name {k}" for k in range(30)), y=(1.0,) * 30, highlight=(27,)
    )
    assert "a longer name 27" in str(draw(spec)) and str(draw(spec)).count("<rect") == 8


def test_bars_below_zero_go_the_other_way() -> None:
    root = ElementTree.fromstring(str(draw(ChartSpec(mark="bar", labels=("up", "down"), y=(2.0, -2.0)))))
    up, down = (e.attrib for e in root if e.tag == "rect")
    assert float(down["x"]) + float(down["width"]) == pytest.approx(float(up["x"]), abs=0.2)


def test_names_in_order_stand_side_by_side_and_codes_do_not() -> None:
    hours = ChartSpec(mark="bar", labels=tuple(map(str, range(24))), y=(1.0,) * 24)
    codes = ChartSpec(mark="bar", labels=tuple(str(5_000_000 - k) for k in range(24)), y=(1.0,) * 24)
    assert f'height="{HEIGHT}"' in str(draw(hours)) and f'height="{HEIGHT}"' not in str(draw(codes))


def test_a_long_series_keeps_its_peak() -> None:
    days = 5000
    heights = [100.0] * days
    heights[3333] = 900.0
    labels = tuple(scales.from_days(k).date().isoformat() for k in range(days))
    drawn = str(draw(ChartSpec(mark="line", labels=labels, y=tuple(heights), highlight=(3333,))))
    assert len(drawn) < 9000
    path = re.search(r'class="l" d="([^"]*)"', drawn)
    dot = re.search(r'cy="([\d.]+)"', drawn)
    assert path and dot
    ys = [float(p.split()[1]) for p in re.split("[ML]", path[1]) if p]
    assert min(ys) == float(dot[1])


def test_a_gap_breaks_the_line() -> None:
    drawn = str(draw(ChartSpec(mark="line", y=(1.0, 2, None, 3, 4))))
    path = re.search(r'class="l" d="([^"]*)"', drawn)
    assert path and path[1].count("M") == 2


def test_the_day_of_a_change_is_written() -> None:
    assert "7 Mar 2024" in str(draw(daily_chart(), "en")) or "6 Mar 2024" in str(draw(daily_chart(), "en"))
    assert "2024年3月" in str(draw(daily_chart(), "zh"))


@given(low=st.floats(-1e12, 1e12), span=st.floats(1e-6, 1e12), parts=st.integers(1, 8))
def test_ticks_are_few_and_inside(low: float, span: float, parts: int) -> None:
    high = low + max(span, abs(low) * 1e-6)  # closer numbers differ in their last bits only
    ticks = scales.number_ticks(low, high, parts)
    room = (high - low) * 1e-6
    assert len(ticks) <= parts + 1
    assert all(low - room <= t <= high + room for t in ticks)


_SCALE = {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "万": 1e4, "亿": 1e8, "万亿": 1e12, "%": 0.01, "": 1.0}


@given(
    low=st.floats(-1e6, 1e6) | st.just(0.0), span=st.floats(1e-4, 1e13), parts=st.integers(2, 6),
    percent=st.booleans(),
)  # fmt: skip
def test_a_tick_says_where_it_is(low: float, span: float, parts: int, percent: bool) -> None:
    high = low + max(span, abs(low) * 1e-6)
    step = scales.nice_step(high - low, parts)
    for value in scales.number_ticks(low, high, parts):
        words = scales.tick(value, step, as_percent=percent)
        for text in (words.en, words.zh):
            number, scale = re.fullmatch(r"([−\d.,]+)(\D*)", text).groups()
            read = float(number.replace("−", "-").replace(",", "")) * _SCALE[scale]
            assert read == pytest.approx(value, abs=step * 1e-3), (text, value, step)


@given(low=st.floats(-700_000, 2_900_000), span=st.floats(0.01, 2_000_000), parts=st.integers(2, 6))
def test_dates_on_an_axis_are_few_and_in_order(low: float, span: float, parts: int) -> None:
    ticks = scales.time_ticks(low, low + span, parts)
    assert [t for t, _ in ticks] == sorted({t for t, _ in ticks})
    assert all(low - 1e-6 <= t <= low + span + 1e-6 for t, _ in ticks)
    assert len(ticks) <= 2 * parts + 2


@pytest.mark.parametrize(
    ("start", "days", "words"),
    [
        ("2020-01-01", 3000, ["2020", "2022", "2024", "2026", "2028"]),
        ("2020-11-15", 120, ["Dec 2020", "Jan 2021", "Feb", "Mar"]),
        ("2024-03-01", 10, ["1 Mar", "3 Mar", "5 Mar", "7 Mar", "9 Mar", "11 Mar"]),
        ("2024-03-01", 1, ["0:00", "6:00", "12:00", "18:00", "0:00"]),
    ],
)
def test_dates_as_people_write_them(start: str, days: int, words: list[str]) -> None:
    low = scales.as_days(start)
    assert low is not None
    assert [w.en for _, w in scales.time_ticks(low, low + days, 5)] == words


@pytest.mark.parametrize(
    ("value", "step", "en", "zh"),
    [
        (0, 500, "0", "0"), (500, 500, "500", "500"), (1500, 500, "1,500", "1,500"),
        (50_000, 10_000, "50k", "5万"),
        (2_500_000, 500_000, "2.5M", "250万"), (3e9, 1e9, "3B", "30亿"), (0.25, 0.05, "0.25", "0.25"),
        (-20, 10, "−20", "−20"), (1e-9, 1e-9, "1e-09", "1e-09"),
    ],
)  # fmt: skip
def test_short_figures(value: float, step: float, en: str, zh: str) -> None:
    assert scales.tick(value, step) == Words(en=en, zh=zh)


@given(share=st.floats(0, 1))
def test_a_share_is_nothing_or_all_only_when_it_is(share: float) -> None:
    text = scales.share_text(share)
    assert (text == "100%") == (share == 1)
    assert (text == "0%") == (share == 0)


@given(text=st.text(max_size=80), room=st.floats(20, 200))
def test_labels_fit(text: str, room: float) -> None:
    assert scales.text_width(scales.fitted(text, room)) <= max(room, 2 * scales.WIDE_LETTER)


@pytest.mark.parametrize("text", ["2024", "12-2024", "2024-13-01", "20240101", "2024-1-1", "", "abcd-ef-gh"])
def test_other_texts_are_no_dates(text: str) -> None:
    assert scales.as_days(text) is None


def test_nothing_to_draw() -> None:
    assert draw(None) == "" and draw(ChartSpec(mark="bar")) == ""
    assert draw(ChartSpec(mark="line", y=(None, float("nan")))) == ""
    assert draw(ChartSpec(mark="histogram", y=(1.0,), edges=(1.0, 1.0), x_title=same("x"))) == ""


def test_whole_numbers_have_whole_ticks() -> None:
    months = ChartSpec(mark="dots", x=tuple(map(float, range(1, 13))), y=(1.0,) * 12)
    yes_no = ChartSpec(mark="dots", x=(0.0, 1.0), y=(0.5, 0.7))
    for spec, ticks in ((months, ["3", "6", "9", "12"]), (yes_no, ["0", "1"])):
        below = re.findall(r'<text x="[^"]*" y="146" [^>]*>([^<]*)<', str(draw(spec, "en")))
        assert below == ticks
