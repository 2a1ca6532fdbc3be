"""Real headers with values of their kind, and the meaning a careful reader gives them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from catalog_tools import catalog_of, catalog_of_csv
from datalect.data.meaning import Evidence, decide_meaning
from datalect.data.meaning.hints import read_name
from datalect.data.meaning.units import read_unit
from datalect.data.meaning.values import known_order
from datalect.data.model import Additivity, Grain, SemanticType
from shared_data import shared_data

COUNTING = list(range(1001, 1041))
SMALL = [0, 1, 2, 3, 0, 1, 0, 2, 5, 4] * 4
FEW = [1, 2, 3] * 14
RATED = [1, 2, 3, 4, 5, 5, 4, 4] * 5
FLAGS = [0, 1, 1, 0, 0] * 8
LARGE = [120, 4500, 39, 78000, 1250, 640, 3300, 91] * 5
PRICES = [12.5, 99.9, 1200.0, 45.25, 3.75, 18.0, 250.5, 7.99] * 5
FRACTIONS = [0.12, 0.5, 0.331, 0.9, 0.045, 0.78, 0.66, 0.2] * 5
PERCENTS = [12.5, 55.0, 33.1, 90.4, 4.5, 78.25, 66.0, 20.0] * 5
YEARS = [1998, 2003, 2010, 2015, 2021, 2008, 1987, 2019] * 5
LATITUDES = [39.9, 31.2, -23.1, 51.5, 40.7, -33.9, 35.7, 1.3] * 5
LONGITUDES = [116.4, 121.5, 113.3, -0.1, -74.0, 151.2, 139.7, 103.8] * 5
MONTHS = list(range(1, 13)) * 3
HOURS = list(range(24)) * 2
NAMES = [
    f"{a} {b}"
    for a in ("Ada", "Grace", "Alan", "Edsger", "Barbara")
    for b in ("Lovelace", "Hopper", "Liskov", "Kay")
]
WORDS = ["north", "south", "east", "west"] * 10
CITIES = ["北京", "上海", "广州", "深圳", "杭州"] * 8
LONG = [
    f"{i} a fairly long remark that somebody wrote down about this row and then some more words"
    for i in range(40)
]
LONG_CHINESE = [
    f"第{i}条:这是一段比较长的说明文字,用来描述这一行数据的具体情况以及后续的处理方式和结果"
    for i in range(40)
]
CODES = [f"{chr(65 + i % 26)}{i:04d}" for i in range(40)]
EMAILS = [f"user{i}@example.com" for i in range(40)]
LINKS = [f"https://example.com/item/{i}" for i in range(40)]
PHONES = [f"138{i:08d}" for i in range(40)]

# header, values, type, additivity (a additive, s semi, n non), unit or currency
CASES: list[tuple[str, list, str, str, str]] = [
    ("id", COUNTING, "id", "n", ""),
    ("ID", COUNTING, "id", "n", ""),
    ("customer_id", FEW, "id", "n", ""),
    ("customerId", COUNTING, "id", "n", ""),
    ("RespondentID", COUNTING, "id", "n", ""),
    ("PassengerId", COUNTING, "id", "n", ""),
    ("customerid", COUNTING, "id", "n", ""),
    ("invoice_no", COUNTING, "id", "n", ""),
    ("Order Number", COUNTING, "id", "n", ""),
    ("uuid", CODES, "id", "n", ""),
    ("编号", COUNTING, "id", "n", ""),
    ("订单号", COUNTING, "id", "n", ""),
    ("学号", COUNTING, "id", "n", ""),
    ("用户ID", COUNTING, "id", "n", ""),
    ("序号", COUNTING, "id", "n", ""),
    ("zip_code", [10001, 94103, 60601, 73301] * 10, "code", "n", ""),
    ("postalcode", [10001, 94103, 60601, 73301] * 10, "code", "n", ""),
    ("SKU", CODES, "code", "n", ""),
    ("countryCode", ["CN", "JP", "US", "DE"] * 10, "code", "n", ""),
    ("iata", ["JFK", "LAX", "PEK", "PVG"] * 10, "code", "n", ""),
    ("邮编", [100000, 200000, 510000] * 10, "code", "n", ""),
    ("行政区划代码", COUNTING, "code", "n", ""),
    ("股票代码", CODES, "code", "n", ""),
    ("price", PRICES, "money", "a", ""),
    ("unit_price", PRICES, "money", "n", ""),
    ("UnitPrice", PRICES, "money", "n", ""),
    ("Average Cost", PRICES, "money", "n", ""),
    ("avg_salary", PRICES, "money", "n", ""),
    ("Median Family Income", PRICES, "money", "n", ""),
    ("total_bill", PRICES, "money", "a", ""),
    ("tip", PRICES, "money", "a", ""),
    ("fare", PRICES, "money", "a", ""),
    ("Salary", LARGE, "money", "a", ""),
    ("revenue_usd", PRICES, "money", "a", "USD"),
    ("Spending_USD", PRICES, "money", "a", "USD"),
    ("Car Insurance Premiums ($)", PRICES, "money", "a", "USD"),
    ("Cost Total $", LARGE, "money", "a", "USD"),
    ("GDP per capita (US$)", LARGE, "money", "n", "USD"),
    ("gdp", LARGE, "money", "a", ""),
    ("account_balance", PRICES, "money", "s", ""),
    ("Worldwide Gross", LARGE, "money", "a", ""),
    ("Production Budget", LARGE, "money", "a", ""),
    ("金额", PRICES, "money", "a", ""),
    ("销售额（万元）", PRICES, "money", "a", "万元"),
    ("销售额", PRICES, "money", "a", ""),
    ("单价", PRICES, "money", "n", ""),
    ("成交均价", PRICES, "money", "n", ""),
    ("平均工资", PRICES, "money", "n", ""),
    ("运费", PRICES, "money", "a", ""),
    ("利润", PRICES, "money", "a", ""),
    ("账户余额", PRICES, "money", "s", ""),
    ("价格(元)", PRICES, "money", "a", "CNY"),
    ("quantity", SMALL, "count", "a", ""),
    ("qty", SMALL, "count", "a", ""),
    ("passengers", SMALL, "count", "a", ""),
    ("num_orders", SMALL, "count", "a", ""),
    ("number_of_reviews", LARGE, "count", "a", ""),
    ("No. of seats", SMALL, "count", "a", ""),
    ("Deaths", LARGE, "count", "a", ""),
    ("vote_count", LARGE, "count", "a", ""),
    ("Cylinders", SMALL, "count", "a", ""),
    ("population", LARGE, "count", "s", ""),
    ("stock", LARGE, "count", "s", ""),
    ("数量", SMALL, "count", "a", ""),
    ("人数", LARGE, "count", "a", ""),
    ("成交套数", SMALL, "count", "a", ""),
    ("销量", LARGE, "count", "a", ""),
    ("常住人口", LARGE, "count", "s", ""),
    ("库存量", LARGE, "count", "s", ""),
    ("累计确诊", LARGE, "count", "s", ""),
    ("percent_female", PERCENTS, "percent", "n", "%"),
    ("pct_change", PERCENTS, "percent", "n", "%"),
    ("Coal (% electricity)", PERCENTS, "percent", "n", "%"),
    ("Percentage Of Drivers Speeding", PERCENTS, "percent", "n", "%"),
    ("占比", PERCENTS, "percent", "n", "%"),
    ("毛利率", PERCENTS, "percent", "n", "%"),
    ("增长率(%)", PERCENTS, "percent", "n", "%"),
    ("pct", FRACTIONS, "ratio", "n", ""),
    ("ShareWomen", FRACTIONS, "ratio", "n", ""),
    ("share_of_total", PERCENTS, "percent", "n", "%"),
    ("win_probability", FRACTIONS, "ratio", "n", ""),
    ("合格率", FRACTIONS, "ratio", "n", ""),
    ("比例", FRACTIONS, "ratio", "n", ""),
    ("discount", FRACTIONS, "ratio", "n", ""),
    ("debt_to_income_ratio", FRACTIONS, "ratio", "n", ""),
    ("unemployment_rate", PERCENTS, "rate", "n", ""),
    ("mpg", PERCENTS, "rate", "n", ""),
    ("speed", PERCENTS, "rate", "n", ""),
    ("price_per_night", PRICES, "rate", "n", ""),
    ("population_density", PRICES, "rate", "n", ""),
    ("Coal per capita (kWh)", PRICES, "rate", "n", "kWh"),
    ("汇率", PRICES, "rate", "n", ""),
    ("人口密度", PRICES, "rate", "n", ""),
    ("age", LARGE, "measure", "n", ""),
    ("年龄", LARGE, "measure", "n", ""),
    ("temperature", PRICES, "measure", "n", ""),
    ("temp_min", PRICES, "measure", "n", ""),
    ("气温", PRICES, "measure", "n", ""),
    ("Life Expectancy", PRICES, "measure", "n", ""),
    ("score", PRICES, "measure", "n", ""),
    ("价格指数", PRICES, "measure", "n", ""),
    ("Weight (kg)", PRICES, "measure", "a", "kg"),
    ("body_mass_g", LARGE, "measure", "a", "g"),
    ("bill_length_mm", PRICES, "measure", "a", "mm"),
    ("bill_depth_mm", PRICES, "measure", "n", "mm"),
    ("height_cm", PRICES, "measure", "n", "cm"),
    ("distance_km", PRICES, "measure", "a", "km"),
    ("Electricity generation (TWh)", PRICES, "measure", "a", "TWh"),
    ("建筑面积(平方米)", PRICES, "measure", "a", "m²"),
    ("重量", PRICES, "measure", "a", ""),
    ("发电量", PRICES, "measure", "a", ""),
    ("duration_minutes", LARGE, "duration", "a", "minutes"),
    ("Running Time", LARGE, "duration", "a", ""),
    ("Milliseconds", LARGE, "duration", "a", "ms"),
    ("days_since_last_order", LARGE, "duration", "a", "days"),
    ("时长", LARGE, "duration", "a", ""),
    ("天数", LARGE, "duration", "a", "天"),
    ("year", YEARS, "year", "n", ""),
    ("model_year", YEARS, "year", "n", ""),
    ("Release Year", YEARS, "year", "n", ""),
    ("年份", YEARS, "year", "n", ""),
    ("年度", YEARS, "year", "n", ""),
    ("latitude", LATITUDES, "latitude", "n", ""),
    ("lat", LATITUDES, "latitude", "n", ""),
    ("lng", LONGITUDES, "longitude", "n", ""),
    ("经度", LONGITUDES, "longitude", "n", ""),
    ("纬度", LATITUDES, "latitude", "n", ""),
    ("rating", RATED, "ordered", "n", ""),
    ("评分", RATED, "ordered", "n", ""),
    ("满意度", RATED, "ordered", "n", ""),
    ("rank", COUNTING, "ordered", "n", ""),
    ("排名", COUNTING, "ordered", "n", ""),
    ("month", MONTHS, "ordered", "n", ""),
    ("月份", MONTHS, "ordered", "n", ""),
    ("hour", HOURS, "ordered", "n", ""),
    ("size", ["S", "M", "L", "XL"] * 10, "ordered", "n", ""),
    ("day", ["Thur", "Fri", "Sat", "Sun"] * 10, "ordered", "n", ""),
    ("class", ["Third", "First", "Second"] * 10, "ordered", "n", ""),
    ("age_group", ["18-24", "25-34", "65+", "35-64", "0-17"] * 8, "ordered", "n", ""),
    ("学历", ["本科", "硕士", "博士", "大专"] * 10, "ordered", "n", ""),
    ("风险等级", ["低", "中", "高"] * 10, "ordered", "n", ""),
    ("survived", FLAGS, "boolean", "a", ""),
    ("is_active", FLAGS, "boolean", "a", ""),
    ("是否会员", FLAGS, "boolean", "a", ""),
    ("region", WORDS, "category", "n", ""),
    ("Payment Method", WORDS, "category", "n", ""),
    ("species", WORDS, "category", "n", ""),
    ("城市", CITIES, "category", "n", ""),
    ("省份", CITIES, "category", "n", ""),
    ("产品类别", CITIES, "category", "n", ""),
    ("name", NAMES, "name", "n", ""),
    ("Title", NAMES, "name", "n", ""),
    ("FirstName", NAMES, "name", "n", ""),
    ("姓名", NAMES, "name", "n", ""),
    ("项目名称", NAMES, "name", "n", ""),
    ("comment", LONG, "text", "n", ""),
    ("description", LONG, "text", "n", ""),
    ("备注", LONG_CHINESE, "text", "n", ""),
    ("评论内容", LONG_CHINESE, "text", "n", ""),
    ("contact", EMAILS, "email", "n", ""),
    ("邮箱", EMAILS, "email", "n", ""),
    ("source", LINKS, "url", "n", ""),
    ("phone", PHONES, "phone", "n", ""),
    ("联系电话", PHONES, "phone", "n", ""),
]  # fmt: skip


def evidence(name: str, values: list) -> Evidence:
    first = values[0]
    dtype = {int: "BIGINT", float: "DOUBLE", str: "VARCHAR", date: "DATE", datetime: "TIMESTAMP"}[type(first)]
    return Evidence(
        name=name,
        dtype=dtype,
        rows=len(values),
        filled=len(values),
        distinct=len(set(values)),
        minimum=min(values),
        maximum=max(values),
        values=list(dict.fromkeys(values)),
        complete=True,
        sample=values,
    )


@pytest.mark.parametrize(("name", "values", "kind", "additivity", "unit"), CASES, ids=[c[0] for c in CASES])
def test_headers_with_values(name, values, kind, additivity, unit):
    meaning = decide_meaning(evidence(name, values))
    assert meaning.type.value == kind, meaning
    assert meaning.additivity.value[0] == additivity, meaning
    if unit:
        assert unit in (meaning.unit, meaning.currency), meaning
    assert meaning.evidence


def test_there_are_enough_cases():
    assert len(CASES) >= 150
    assert len({c[0] for c in CASES if not c[0].isascii()}) >= 50


def test_values_outweigh_a_name_that_cannot_be():
    assert decide_meaning(evidence("latitude", [500.0, 1200.5, 3.0] * 5)).type is not SemanticType.LATITUDE
    assert decide_meaning(evidence("year", [1, 2, 5, 30, 12] * 5)).type is not SemanticType.YEAR
    assert decide_meaning(evidence("comment", WORDS)).type is SemanticType.CATEGORY
    assert decide_meaning(evidence("region", LONG)).type is SemanticType.TEXT
    assert decide_meaning(evidence("id", ["1", "2", "3"])).type is SemanticType.ID


def test_a_price_beside_a_quantity_is_that_of_one_piece():
    alone = decide_meaning(evidence("price", PRICES))
    made = evidence("price", PRICES)
    beside = decide_meaning(
        Evidence(**{f: getattr(made, f) for f in made.__slots__ if f != "siblings"}, siblings=("quantity",))
    )
    assert alone.additivity is Additivity.ADDITIVE
    assert beside.additivity is Additivity.NON


@pytest.mark.parametrize(
    ("step", "grain"),
    [
        (timedelta(days=1), Grain.DAY),
        (timedelta(hours=1), Grain.HOUR),
        (timedelta(minutes=7), Grain.MINUTE),
        (timedelta(seconds=11), Grain.SECOND),
    ],
)
def test_the_grain_is_the_finest_unit_that_varies(step, grain):
    values = [datetime(2024, 3, 1) + step * i for i in range(50)]
    assert decide_meaning(evidence("when", values)).grain is grain


def test_grains_of_months_quarters_and_years():
    months = [date(2020 + i // 12, i % 12 + 1, 1) for i in range(30)]
    assert decide_meaning(evidence("d", months)).grain is Grain.MONTH
    assert decide_meaning(evidence("d", months[::3])).grain is Grain.QUARTER
    assert decide_meaning(evidence("d", [date(1990 + i, 1, 1) for i in range(9)])).grain is Grain.YEAR


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["high", "low", "medium"], ("low", "medium", "high")),
        (
            ["Very Good", "Fair", "Ideal", "Good", "Premium"],
            ("Fair", "Good", "Very Good", "Premium", "Ideal"),
        ),
        (["三月", "一月", "二月", "五月"], ("一月", "二月", "三月", "五月")),
        (["Grade 10", "Grade 2", "Grade 1"], ("Grade 1", "Grade 2", "Grade 10")),
        (["30-44", "18-29", "60+", "45-59"], ("18-29", "30-44", "45-59", "60+")),
        (["red", "green"], ()),
        (["M", "S"], ()),
        (["may", "june"], ()),
    ],
)
def test_known_orders(values, order):
    assert known_order(values) == order


@pytest.mark.parametrize(
    ("text", "unit", "currency", "family"),
    [
        ("kg", "kg", None, "physical"),
        ("公里", "km", None, "physical"),
        ("万元", "万元", "CNY", "money"),
        ("US$", None, "USD", "money"),
        ("US$ millions", "US$ millions", "USD", "money"),
        ("%", "%", None, "percent"),
        ("km/h", "km/h", None, "rate"),
        ("元/平方米", "元/平方米", "CNY", "rate"),
        ("分钟", "minutes", None, "duration"),
        ("°C", "°C", None, "physical"),
    ],
)
def test_units(text, unit, currency, family):
    found = read_unit(text)
    assert found is not None
    assert (found.text, found.currency, found.family) == (unit, currency, family)


def test_words_that_are_no_units():
    assert all(read_unit(word) is None for word in ("", "Census Region", "please specify", "广东省"))


def test_any_header_can_be_read():
    for name in ("", " ", "()", "%", "$", "🙂", "a" * 300, '"; drop table x; --', "１２３", "每", "_", "per"):
        read_name(name)


# column -> type of real tables, as a person reads them
SHARED = {
    "seaborn_data/penguins.csv": (
        "species category, island category, bill_length_mm measure, body_mass_g measure, sex category"
    ),
    "seaborn_data/titanic.csv": (
        "survived boolean, sex category, age measure, fare money, class ordered, alive boolean"
    ),
    "seaborn_data/tips.csv": "total_bill money, tip money, sex category, day ordered, smoker boolean",
    "seaborn_data/mpg.csv": "mpg rate, cylinders count, weight measure, origin category, name name",
    "seaborn_data/planets.csv": "method category, number count, mass measure, distance measure, year year",
    "seaborn_data/healthexp.csv": (
        "Year year, Country category, Spending_USD money, Life_Expectancy measure"
    ),
    "vega_datasets/airports.csv": (
        "iata code, name name, state category, latitude latitude, longitude longitude"
    ),
    "vega_datasets/seattle-weather.csv": (
        "date date, precipitation measure, temp_max measure, wind measure, weather category"
    ),
    "vega_datasets/stocks.csv": "symbol code, date date, price money",
    "nl4dv/data/euro.csv": "Name name, Club category, Age measure, Salary money, Goals count",
    "nl4dv/data/movies-w-year.csv": (
        "Title name, Worldwide Gross money, Production Budget money, Release Year year, "
        "Running Time duration, Genre category"
    ),
    "chinese_tables/china_areas.csv": "code code, name name, cityCode code, provinceCode code",
    "fivethirtyeight/bad-drivers/bad-drivers.csv": "State name, Car Insurance Premiums ($) money",
    "fivethirtyeight/airline-safety/airline-safety.csv": (
        "airline name, incidents_85_99 count, fatalities_00_14 count"
    ),
}


@pytest.mark.shared
@pytest.mark.parametrize("path", SHARED)
def test_real_tables(path):
    catalog = catalog_of_csv(shared_data(*Path(path).parts))
    found = {c.name: c.meaning.type.value for c in catalog.tables[0].columns}
    for entry in SHARED[path].split(", "):
        column, kind = entry.rsplit(" ", 1)
        assert found[column] == kind, column


def test_a_column_without_values_is_unknown():
    catalog = catalog_of("SELECT NULL::VARCHAR AS a, 1 AS b UNION ALL SELECT NULL, 2")
    assert catalog.tables[0].columns[0].meaning.type is SemanticType.UNKNOWN
