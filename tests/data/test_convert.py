"""Text that holds numbers, dates or yes/no: what is read, what stays text, and that SQL and Python agree."""

from __future__ import annotations

from datetime import date, datetime, time

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog_tools import catalog_of, column, connection_with, loaded
from datalect.data import convert_sql as sql
from datalect.data.catalog import build_catalog
from datalect.data.convert_forms import propose
from datalect.data.parse import match_number, number_value, parse_number, parse_value, plain
from datalect.data.parse_time import SHAPE_BY_NAME, parse_duration, parse_time, read_clock, read_date
from datalect.data.quoting import identifier, literal

CONNECTION = duckdb.connect()
SUFFIXES = {"": 0, "k": 3, "万": 4, "亿": 8, "%": 0, "kg": 0, "元": 0, "万元": 4, "‰": 0}
PREFIXES = ("$", "¥", "US$")


def ask(expression: str, texts: list[str]) -> list:
    """The values of an expression over ``x`` for each text."""
    rows = CONNECTION.execute(
        f"SELECT {expression} FROM (SELECT unnest(?::VARCHAR[]) AS x)", [texts]
    ).fetchall()
    return [row[0] for row in rows]


# ------------------------------------------------------------ one text at a time


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("¥1,234.00", 1234.0, "CNY"),
        ("￥１，２３４", 1234.0, "CNY"),
        ("$1.2k", 1200.0, "USD"),
        ("US$ 3bn", 3e9, "USD"),
        ("3.5万", 35000.0, None),
        ("1.1万", 11000.0, None),
        ("1.2亿", 120000000.0, None),
        ("3.5万元", 35000.0, "CNY"),
        ("12%", 12.0, "%"),
        ("12.5％", 12.5, "%"),
        ("(1,200)", -1200.0, None),
        ("-$5", -5.0, "USD"),
        ("1 234,5", 1234.5, None),
        ("1.234,56 €", 1234.56, "EUR"),
        ("1,234", 1234.0, None),
        ("12 kg", 12.0, "kg"),
        ("100 km/h", 100.0, "km/h"),
        ("1e5", 100000.0, None),
        ("90 min", 90.0, "minutes"),
        ("1.2 million", 1200000.0, None),
        ("5公里", 5.0, "km"),
    ],
)
def test_numbers(text, value, unit):
    parsed = parse_value(text)
    assert parsed is not None
    assert parsed.value == value
    shown = None if parsed.unit is None else parsed.unit.currency or parsed.unit.text
    assert shown == unit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024年3月5日", date(2024, 3, 5)),
        ("2024/3/5", date(2024, 3, 5)),
        ("05.03.2024", date(2024, 3, 5)),
        ("13/03/2024", date(2024, 3, 13)),
        ("03/13/2024", date(2024, 3, 13)),
        ("Mar-24", date(2024, 3, 1)),
        ("20240305", date(2024, 3, 5)),
        ("2024Q3", date(2024, 7, 1)),
        ("Q3 2024", date(2024, 7, 1)),
        ("2024年一季度", date(2024, 1, 1)),
        ("2024年第3季度", date(2024, 7, 1)),
        ("2024年3月", date(2024, 3, 1)),
        ("5th March, 2024", date(2024, 3, 5)),
        ("March 5, 2024", date(2024, 3, 5)),
        ("5-Mar-24", date(2024, 3, 5)),
        ("2019年", 2019),
        ("14:30", time(14, 30)),
        ("1:30 pm", time(13, 30)),
        ("12:05 AM", time(0, 5)),
        ("2024-03-05T10:00:00+08:00", datetime(2024, 3, 5, 2, 0)),
        ("2024-03-05T10:00:00Z", datetime(2024, 3, 5, 10, 0)),
        ("2024年3月5日 14:30", datetime(2024, 3, 5, 14, 30)),
        ("1h 20m", 80.0),
        ("1小时20分钟", 80.0),
        ("是", True),
        ("N", False),
        ("TRUE", True),
    ],
)
def test_dates_times_and_flags(text, value):
    parsed = parse_value(text)
    assert parsed is not None
    assert parsed.value == value


NO_VALUES = (
    "| |007|hello|12.5.3|2024-13-01|2023-02-29|31/31/2024|1e999|--5|(5|5)|$|万|13:30 pm|A12|+|1,23,4|0x10|nan"
)


@pytest.mark.parametrize("text", NO_VALUES.split("|"))
def test_what_is_no_value(text):
    assert parse_value(text) is None


def test_ambiguous_dates_say_so():
    assert parse_value("03/05/2024").ambiguous
    assert not parse_value("13/05/2024").ambiguous
    assert parse_value("03/05/2024", day_first=True).value == date(2024, 5, 3)


# ------------------------------------------------------------ SQL and Python agree

written_numbers = st.builds(
    lambda opening, sign, prefix, first, group, rest, mark, after, suffix, closing: (
        f"{opening}{sign}{prefix}{first}{group}{rest}{mark}{after}{suffix}{closing}"
    ),
    st.sampled_from(["", "", "", "(", " "]),
    st.sampled_from(["", "-", "+"]),
    st.sampled_from(["", "$", "¥", "US$ ", "€", "-"]),
    st.text("0123456789０５", max_size=4),
    st.sampled_from(["", ",", ".", " ", "'", "，"]),
    st.text("0123456789", max_size=4),
    st.sampled_from(["", ".", ",", "．"]),
    st.text("0123456789", max_size=3),
    st.sampled_from(["", "%", "％", "万", "亿", " kg", "k", "万元", "e3", "E-2", "x", " "]),
    st.sampled_from(["", "", "", ")", " "]),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(written_numbers, st.text(max_size=12)), min_size=1, max_size=30), st.sampled_from(".,")
)
@example(["(1,200)", "1.234,5", "1e5万", "-$-5", "１２％"], ".")
@example(["(1,200)", "1.234,5", "1e5万", "-$-5", "１２％"], ",")
def test_numbers_mean_the_same_in_sql(texts, mark):
    def expected(text):
        parts = match_number(plain(text), mark)
        if parts is None or parts[2].strip() not in ("", *PREFIXES) or parts[6].strip() not in SUFFIXES:
            return None
        return number_value(parts, SUFFIXES[parts[6].strip()], mark)

    assert ask(sql.narrow("x"), texts) == [plain(t) for t in texts]
    found = ask(sql.number(sql.narrow("x"), mark, PREFIXES, SUFFIXES), texts)
    assert found == [expected(t) for t in texts]


@settings(max_examples=40, deadline=None)
@given(st.lists(written_numbers, min_size=1, max_size=30))
def test_the_cheap_form_agrees_wherever_its_pattern_holds(texts):
    powerless = dict.fromkeys(("", "%", "元"), 0)
    strict = literal(sql.simple_pattern(".", PREFIXES, tuple(powerless)))
    texts = [t for t, fits in zip(texts, ask(f"regexp_matches(x, {strict})", texts), strict=True) if fits]
    full = ask(sql.number(sql.narrow("x"), ".", PREFIXES, powerless), texts)
    assert ask(sql.simple_number("x", ".", "".join(sorted({*"$¥%,' US元"}))), texts) == full
    assert None not in full


separators = st.sampled_from(["-", "/", ".", " ", "年", ""])
written_dates = st.builds(
    lambda a, s, b, t, c, end, clock: f"{a}{s}{b}{t}{c}{end}{clock}",
    st.sampled_from(
        ["2024", "1999", "3", "03", "31", "13", "99", "Mar", "September", "Q2", "20240229", "5th"]
    ),
    separators,
    st.sampled_from(["2", "02", "12", "13", "Feb", "may", "2023", "Q4", "二季度", "29"]),
    st.sampled_from(["-", "/", ".", " ", ", ", "月", ""]),
    st.sampled_from(["5", "29", "30", "2024", "24", "", "1"]),
    st.sampled_from(["", "日", "号", "月", " "]),
    st.sampled_from(["", " 10:05", "T23:59:59Z", " 1:05 pm", " 10:05+08:00", " 14时30分", " 25:00"]),
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.one_of(written_dates, st.text("0123456789-/:. 年月日QMar", max_size=14)), min_size=1, max_size=30
    ),
    st.booleans(),
)
@example(["2023-02-29", "29/02/2024", "Sept 2024", "5th May, 2024"], True)
@example(["2023-02-29", "29/02/2024", "Sept 2024", "5th May, 2024"], False)
@example(["2024-2-5 10:05", "2024-2  10:05", "Sept 2024 10:05"], False)
def test_dates_mean_the_same_in_sql(texts, day_first):
    texts = [plain(t) for t in texts]
    found = [read_date(t, day_first) for t in texts]
    moments = [parse_time(t, day_first=day_first) for t in texts]
    shapes = list(SHAPE_BY_NAME)
    assert ask(sql.dates("x", shapes, day_first), texts) == [f and f.value for f in found]
    expected = [m.value if m is not None and m.kind == "datetime" else None for m in moments]
    assert ask(sql.date_times("x", shapes, day_first), texts) == expected


clocks = st.from_regex(
    r"[0-2]?[0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{1,6})?)?( ?[AaPp]\.?[mM]?\.?)?", fullmatch=True
)
lengths = st.from_regex(
    r"([0-9]{1,2}(\.5)? ?(d|days|天) ?)?([0-9]{1,2} ?(h|hours|小时)[, ]*)?([0-9]{1,3} ?(m|min|分钟))?",
    fullmatch=True,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(clocks, min_size=1, max_size=30))
def test_clocks_mean_the_same_in_sql(texts):
    assert ask(sql.clock("x"), texts) == [read_clock(t) for t in texts]


@settings(max_examples=30, deadline=None)
@given(st.lists(lengths, min_size=1, max_size=30))
def test_durations_mean_the_same_in_sql(texts):
    found = [parse_duration(t) for t in texts]
    assert ask(sql.duration("x", 60), texts) == [f[0] / 60 if f else None for f in found]


# ------------------------------------------------------------ whole columns


def read(rows, name="x"):
    """The column as queried, its values in order, and the problems told."""
    select = column(rows).replace("SELECT x", f"SELECT x AS {identifier(name)}", 1)
    connection = connection_with(t=select)
    table = build_catalog(connection, loaded(connection)).tables[0]
    values = [r[0] for r in connection.execute("SELECT * FROM main.t").fetchall()]
    return table.columns[0], values, table.problems


def test_money_is_read_and_reported_exactly():
    found, values, problems = read(["¥1,234.00", "¥2.50", None, "-", "¥-3"])
    assert found.dtype == "DOUBLE"
    assert values == [1234.0, 2.5, None, None, -3.0]
    assert (found.conversion.converted, found.conversion.failed) == (3, 0)
    assert ("¥1,234.00", "1234") in found.conversion.examples
    assert [(s.value, s.count, s.treated_as_missing) for s in found.sentinels] == [("-", 1, True)]
    assert found.profile.nulls == 2
    assert found.meaning.currency == "CNY"
    assert problems == ()


def test_original_text_stays_in_the_source():
    connection = connection_with(t=column(["12%", "13%"]))
    build_catalog(connection, loaded(connection))
    assert connection.execute("SELECT x FROM source.t ORDER BY 1").fetchall() == [("12%",), ("13%",)]
    assert connection.execute("SELECT x FROM main.t ORDER BY 1").fetchall() == [(12,), (13,)]


@pytest.mark.parametrize(
    ("rows", "dtype", "first"),
    [
        (["12%", "13.5%", "0.1%"], "DOUBLE", 12.0),
        (["1,200", "3", "45"], "BIGINT", 1200),
        (["3.5万", "1.2亿", "100"], "BIGINT", 35000),
        (["(1,200)", "300", "45.5"], "DOUBLE", -1200.0),
        (["1.234,5", "2,5", "3,25"], "DOUBLE", 1234.5),
        (["12 kg", "13kg", "14.5 kg"], "DOUBLE", 12.0),
        (["12 widgets", "13 widgets", "14 widgets"], "BIGINT", 12),
        (["2024年3月5日", "2024年12月31日"], "DATE", date(2024, 3, 5)),
        (["Mar-24", "Apr-24"], "DATE", date(2024, 3, 1)),
        (["2024年一季度", "2024年二季度"], "DATE", date(2024, 1, 1)),
        (["2024Q1", "2024Q4"], "DATE", date(2024, 1, 1)),
        (["20240305", "20240306"], "DATE", date(2024, 3, 5)),
        (["2019年", "2020年"], "INTEGER", 2019),
        (["13/03/2024 10:00", "14/03/2024 11:30"], "TIMESTAMP", datetime(2024, 3, 13, 10, 0)),
        (["1h 20m", "45m", "2h"], "DOUBLE", 80.0),
        (["9:30 AM", "1:15 PM"], "TIME", time(9, 30)),
        (["是", "否", "是"], "BOOLEAN", True),
        (["Y", "N"], "BOOLEAN", True),
        (["１２３", "４５６"], "BIGINT", 123),
    ],
)
def test_forms_of_columns(rows, dtype, first):
    found, values, _ = read(rows * 3)
    assert (found.dtype, values[0]) == (dtype, first)
    assert found.conversion.converted == len(rows) * 3


@pytest.mark.parametrize(
    "rows",
    [
        ["007", "012", "113"],
        ["red", "green", "12"],
        ["12%", "0.3", "0.5"],
        ["$5", "€6", "$7"],
        ["12 kg", "13 lb", "14 kg"],
        ["2011-12", "2012-13", "2013-14"],
        ["V1.2", "V1.3", "V2.0"],
        ["None", "None", "None"],
        ["3:45", "10:20"],
        ["192.168.1.1", "10.0.0.1"],
    ],
)
def test_what_stays_text(rows):
    found, values, _ = read(rows)
    assert found.dtype == "VARCHAR"
    assert values == rows
    assert found.conversion is None


@pytest.mark.parametrize("name", ["phone", "customer_id", "邮编", "订单号", "zip_code", "联系电话"])
def test_labels_are_never_converted(name):
    found, _, _ = read(["13812345678", "13912345678"], name=name)
    assert found.dtype == "VARCHAR"


def test_a_few_unreadable_values_are_counted_and_told():
    found, values, problems = read(["1,000"] * 99 + ["see note"])
    assert found.dtype == "BIGINT"
    assert (found.conversion.converted, found.conversion.failed) == (99, 1)
    assert found.conversion.failures == ("see note",)
    assert values[-1] is None
    assert [(p.kind, p.count, p.examples) for p in problems] == [("conversion_failed", 1, ("see note",))]


def test_too_many_unreadable_values_leave_the_text():
    found, values, _ = read(["1,000"] * 97 + ["see note"] * 3)
    assert found.dtype == "VARCHAR"
    assert values[-1] == "see note"


@pytest.mark.slow
def test_units_that_the_first_rows_do_not_show_are_found():
    found, values, _ = read([f"{i}.5万" for i in range(1, 6000)] + ["1.5亿"])
    assert found.conversion.failed == 0
    assert values[-1] == 150_000_000


def test_the_order_of_day_and_month_comes_from_the_values():
    _, values, problems = read(["05/03/2024", "13/03/2024"])
    assert values[0] == date(2024, 3, 5)
    assert problems == ()
    _, values, problems = read(["03/05/2024", "03/13/2024"])
    assert values[0] == date(2024, 3, 5)


def test_the_order_of_day_and_month_comes_from_the_order_of_rows():
    rows = [f"{d:02d}/{m:02d}/2023" for m in range(1, 13) for d in (1, 5, 9, 12)]
    _, values, problems = read(rows)
    assert values == sorted(values)
    assert problems == ()


def test_a_guessed_order_of_day_and_month_is_told():
    found, values, problems = read(["01/05/2024", "07/02/2024", "03/11/2024", "02/02/2024", "09/01/2024"])
    assert found.dtype == "DATE"
    assert values[0] == date(2024, 1, 5)
    assert [p.kind for p in problems] == ["ambiguous_dates"]
    assert "month before day" in problems[0].message


def test_whole_numbers_named_as_dates_become_dates():
    catalog = catalog_of(
        "SELECT 20240300 + i AS order_date, 202400 + i AS ym, 20240300 + i AS code FROM range(1, 10) r(i)"
    )
    assert [c.dtype for c in catalog.tables[0].columns] == ["DATE", "DATE", "BIGINT"]
    assert catalog.tables[0].columns[1].meaning.grain.value == "month"


def test_a_hostile_name_is_only_a_name():
    found, values, _ = read(["1,000", "2,000"], name='x"; DROP TABLE source.t; --')
    assert values == [1000, 2000]
    assert found.name.startswith('x"')


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(written_numbers, st.text(max_size=6), st.none()), min_size=1, max_size=12))
def test_the_report_adds_up(rows):
    found, values, _ = read(rows)
    filled = sum(r is not None and r != "" for r in rows)
    if found.conversion is not None:
        report = found.conversion
        markers = sum(s.count for s in found.sentinels if s.value != "")
        assert report.converted == sum(v is not None for v in values)
        assert report.converted + report.failed + markers == filled
        assert report.converted >= 0.98 * (filled - markers)
    else:
        dropped = {str(s.value).strip() for s in found.sentinels if s.treated_as_missing}
        assert values == [None if r is None or r == "" or r.strip() in dropped else r for r in rows]


@given(st.lists(st.text(max_size=8), max_size=8))
@settings(max_examples=100, deadline=None)
def test_proposing_never_fails(texts):
    propose("x", texts)
    for text in texts:
        parse_value(text)
        parse_number(text)
