"""Expected results of the trickier questions, worked out a second time with pandas instead of SQL."""

from __future__ import annotations

import pytest

from question_sets import own
from question_sets.case import Expected
from question_sets.compare import matches
from question_sets.files import Unpacker
from shared_data import shared_data

pd = pytest.importorskip("pandas")

RECORDS = {r["id"]: r for r in own.records()}


def number(series):
    return pd.to_numeric(series, errors="coerce")


def rate(frame, by, flag):
    return frame.assign(flag=flag.astype(float)).groupby(by).flag.mean()


def growth(series):
    return series.sort_index().pct_change() * 100


def taxi_hour(t):
    return t.pickup.dt.hour.value_counts().head(1)


def retail(t):
    return t.assign(revenue=t.Quantity * t.UnitPrice, month=t.InvoiceDate.dt.to_period("M").dt.start_time)


def minutes(t):
    return (t.dropoff - t.pickup).dt.total_seconds().mean() / 60


def land_year(t):
    return t.assign(year=t["成交日期"].str[:4].astype(int))


def land_growth(t):
    totals = land_year(t).groupby("year")["成交总价"].sum()
    return 100 * (totals[2020] / totals[2019] - 1)


def margin(t):
    ratio = number(t["营业利润"]) / number(t["营业总收入"])
    ratio = ratio[number(t["营业总收入"]) != 0]
    return ratio.set_axis(t["企业名称"][ratio.index]).nlargest(10)


def debt_ratio(t):
    ratio = number(t["负债合计"]) / number(t["资产总计"])
    return ratio.set_axis(t["企业名称"])[lambda r: r < float("inf")].nlargest(1)


def weighted(t):
    return (t["成交均价"] * t["成交套数"]).sum() / t["成交套数"].sum()


def above_average(column):
    return lambda t: int((number(t[column]) > number(t[column]).mean()).sum())


def sales_growth(t):
    return growth(t.groupby(t["Order Date"].dt.year).Sales.sum())


def customer_share(t):
    return t.groupby("Segment").Sales.sum() / t.Sales.sum()


def late_2017(t):
    return t[t["Order Date"] >= "2017-10-01"].Sales.sum()


def australia(t):
    solar = t[t.Entity == "Australia"].set_index("Year")["Electricity from solar (TWh)"]
    return 100 * (solar[2020] / solar[2015] - 1)


def cities(p, c, a):
    return c.merge(p, left_on="provinceCode", right_on="code", suffixes=("", "_p"))


def areas_of_zhejiang(p, c, a):
    joined = a.merge(c, left_on="cityCode", right_on="code", suffixes=("", "_c"))
    joined = joined.merge(p, left_on="provinceCode", right_on="code", suffixes=("", "_p"))
    return joined[joined.name_p == "浙江省"].name_c.value_counts()


DATES = {
    "taxis": ["pickup", "dropoff"],
    "superstore": ["Order Date", "Ship Date"],
    "birds": ["Flight Date"],
    "seattle": ["date"],
    "iowa": ["year"],
}
SECOND = {
    "taxis-06": lambda t: (t.payment == "credit card").sum() / t.payment.notna().sum(),
    "taxis-12": minutes,
    "taxis-13": lambda t: t.fare.quantile(0.9),
    "taxis-15": taxi_hour,
    "taxis-16": lambda t: (t.pickup.dt.day_of_week + 1).value_counts(),
    "taxis-19": lambda t: t.distance.corr(t.fare),
    "taxis-20": lambda t: t.groupby(["color", "payment"]).tip.mean(),
    "titanic-02": lambda t: t.groupby("class").survived.mean(),
    "titanic-06": lambda t: (t.age.dropna() // 10 * 10).value_counts(),
    "penguins-04": lambda t: t.body_mass_g.corr(t.flipper_length_mm),
    "penguins-09": lambda t: t.bill_length_mm.std(),
    "diamonds-03": lambda t: t.groupby("clarity").price.median(),
    "diamonds-07": lambda t: (t.price / t.carat).groupby(t.color).mean(),
    "diamonds-08": above_average("price"),
    "diamonds-14": lambda t: t.price.quantile(0.95),
    "mpg-09": lambda t: t.weight.corr(t.mpg),
    "flights-02": lambda t: growth(t.groupby("year").passengers.sum()),
    "flights-06": lambda t: t.groupby("year").passengers.sum().cumsum(),
    "tips-03": lambda t: (t.tip / t.total_bill)[t.smoker == "Yes"].mean(),
    "china-01": lambda p, c, a: cities(p, c, a).name_p.value_counts(),
    "china-05": lambda p, c, a: cities(p, c, a).name_p.value_counts().mean(),
    "china-07": areas_of_zhejiang,
    "finance22-05": lambda t: number(t["资产总计"]).groupby(t["是否国有"]).mean(),
    "finance22-07": debt_ratio,
    "finance22-10": lambda t: (t["风险等级"] == "公开违约").mean(),
    "finance22-11": above_average("营业总收入"),
    "finance22-18": margin,
    "land-03": lambda t: land_year(t).year.value_counts(),
    "land-09": land_growth,
    "land-14": above_average("容积率"),
    "land-15": lambda t: t["成交总价"].corr(t["容积率"]),
    "homes-05": weighted,
    "retail-01": lambda t: retail(t).revenue.sum(),
    "retail-04": lambda t: retail(t).groupby("month").revenue.sum(),
    "retail-09": lambda t: t.groupby("CustomerID").InvoiceNo.nunique().mean(),
    "retail-11": lambda t: growth(retail(t).groupby("month").Quantity.sum()),
    "superstore-03": sales_growth,
    "superstore-06": customer_share,
    "superstore-12": lambda t: t.groupby(["Region", "Category"]).Discount.mean(),
    "superstore-14": lambda t: (t["Ship Date"] - t["Order Date"]).dt.days.groupby(t["Ship Mode"]).mean(),
    "superstore-15": late_2017,
    "birds-03": lambda t: (t["Time of day"] == "Night").mean(),
    "birds-07": lambda t: t["Flight Date"].dt.month.value_counts(),
    "seattle-05": lambda t: (t.temp_max - t.temp_min).mean(),
    "seattle-08": lambda t: t.set_index("date").precipitation.rolling(7, min_periods=1).mean(),
    "electricity-05": australia,
    "bechdel-01": lambda t: rate(t, "year", t.binary == "PASS"),
    "bechdel-03": lambda t: number(t.domgross)[t.year == 2010].sum(),
    "adult-01": lambda t: (t.income.str.strip() == ">50K").mean(),
    "bank-01": lambda t: rate(t, "job", t.y == "yes"),
    "ames-04": lambda t: t["Gr Liv Area"].corr(t.SalePrice),
    "iowa-01": lambda t: (
        t[t.year.dt.year == 2017].set_index("source").net_generation["Renewables"]
        / t[t.year.dt.year == 2017].net_generation.sum()
    ),
}


def frames(record, unpacker):
    for name in record["tables"]:
        path = unpacker.path(name)
        if path.endswith(".parquet"):
            yield pd.read_parquet(path)
        else:
            dates = DATES.get(record["id"].split("-")[0], False)
            yield pd.read_csv(path, parse_dates=dates, na_values=["None"], keep_default_na=True)


def rows_of(result):
    if not isinstance(result, pd.Series):
        return [(float(result),)]
    return [(*(key if isinstance(key, tuple) else (key,)), value) for key, value in result.items()]


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("family", sorted({key.split("-")[0] for key in SECOND}))
def test_pandas_agrees(family, tmp_path):
    shared_data("online_retail")
    unpacker = Unpacker(shared_data(), tmp_path)
    ids = [key for key in SECOND if key.split("-")[0] == family]
    tables = list(frames(RECORDS[ids[0]], unpacker))
    for key in ids:
        stored = RECORDS[key]["expected"]
        sources = tuple(unpacker.path(name) for name in RECORDS[key]["tables"])
        expected = Expected(
            columns=tuple(stored["columns"]),
            rows=tuple(map(tuple, own.execute(stored["sql"], sources)[1])),
            percent=frozenset(stored.get("percent", ())),
            optional=frozenset(stored.get("optional", ())),
        )
        rows = rows_of(SECOND[key](*tables))
        assert matches(expected, rows, len(rows[0])), key
