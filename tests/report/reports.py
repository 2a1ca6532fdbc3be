"""Reports made by hand, so that the page is tested on what mining would rarely produce."""

# ruff: noqa: E501 - long sentences are the subject here

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, datetime, timedelta

from datalect.answer.ground import Words
from datalect.report.model import (
    ChartSpec,
    ColumnProfile,
    Evidence,
    Method,
    Problem,
    Report,
    ReportFact,
    Segments,
)

START = date(2023, 1, 1)


def same(text: str) -> Words:
    """One wording for both languages."""
    return Words(en=text, zh=text)


def daily_chart(days: int = 730) -> ChartSpec:
    """A daily series with a weekly wave and a step."""
    heights = [
        1300 + 220 * math.sin(k / 7 * 2 * math.pi) + (380 if k > 430 else 0) + 40 * math.sin(k * 1.7)
        for k in range(days)
    ]
    return ChartSpec(
        mark="line", labels=tuple((START + timedelta(days=k)).isoformat() for k in range(days)),
        y=tuple(heights), mark_at=430, x_title=Words(en="order date", zh="下单日期"),
        y_title=Words(en="orders per day", zh="每天订单数"),
    )  # fmt: skip


def orders_report() -> Report:
    """A report as a good table would get it."""
    sql = (
        "SELECT payment, avg(refunded) AS share, count(*) AS n\nFROM orders\nWHERE status = 'done'\n"
        "GROUP BY payment\nORDER BY share DESC"
    )
    python = 'from datalect import open\n\ndata = open("orders.parquet")\ndata.ask("refund share by payment")'
    facts = (
        ReportFact(
            id="f1", type="difference", section="relations", columns=("payment", "refunded"),
            sentence_en="Orders paid by invoice are refunded 3.4 times as often as the others: 17.1% against 5.0%.",
            sentence_zh="以发票付款的订单退款率是其他订单的 3.4 倍：17.1% 对 5.0%。",
            effect=0.142, effect_name="cramers_v", interval=(0.138, 0.147), p_adjusted=1e-12, test="chi_squared",
            n=1_000_000, exact=False, segments=Segments(column="region", held=5, of=6, against=("North",)),
            chart=ChartSpec(mark="bar", labels=("invoice", "card", "wallet", "bank transfer", "cash"),
                            labels_zh=("发票", "银行卡", "电子钱包", "银行转账", "现金"),
                            y=(0.171, 0.062, 0.051, 0.047, 0.04), highlight=(0,), reference=0.061, percent=True,
                            x_title=Words(en="payment", zh="付款方式"),
                            y_title=Words(en="share with refund", zh="退款的比例")),
            evidence=Evidence(columns=("payment", "share", "n"),
                              rows=(("invoice", 0.171234, 51234), ("card", 0.0624, 502341), ("wallet", 0.051, 301022)),
                              more=2),
            sql=sql, python=python, importance=0.9,
        ),
        ReportFact(
            id="f2", type="change_point", section="time", columns=("ordered_at",),
            sentence_en="From 7 March 2024 there are 29% more orders a day than before: about 1,680 instead of 1,300.",
            sentence_zh="自2024年3月7日起，每天的订单比之前多 29%：约 1,680 单，此前约 1,300 单。",
            chart=daily_chart(), n=1_000_000, effect=0.256, effect_name="log_ratio", interval=(0.24, 0.27),
            p_adjusted=0.0, test="f_test", sql=sql, python=python, importance=0.8,
        ),
        ReportFact(
            id="f3", type="correlation", section="relations", columns=("amount", "weight"),
            sentence_en="Heavier orders cost more: the Spearman correlation of weight and amount is 0.62.",
            sentence_zh="订单越重金额越高：重量与金额的斯皮尔曼相关系数为 0.62。",
            chart=ChartSpec(mark="dots", x=(0.5, 1.5, 3, 5, 8, 12, 20), y=(21.0, 35.5, 52, 81.2, 120, 166, 240),
                            highlight=(0, 6), x_title=Words(en="weight (kg)", zh="重量（公斤）"),
                            y_title=Words(en="average amount", zh="平均金额")),
            effect=0.62, effect_name="spearman", interval=(0.61, 0.63), p_adjusted=0.0, n=50_000, exact=False,
            sql=sql, importance=0.7,
        ),
        ReportFact(
            id="f4", type="distribution", section="values", columns=("amount",),
            sentence_en="Amount has a long tail: half of all orders are below $38, one in a hundred is above $910.",
            sentence_zh="金额分布有长尾：一半订单低于 38 美元，百分之一高于 910 美元。",
            chart=ChartSpec(mark="histogram", y=(20000.0, 91000, 61000, 30000, 16000, 9000, 5000, 2500, 1400, 700, 300, 120),
                            edges=tuple(float(80 * k) for k in range(13)), x_title=Words(en="amount", zh="金额"),
                            y_title=Words(en="orders", zh="订单数")),
            n=1_000_000, sql=sql, importance=0.6,
        ),
        ReportFact(
            id="f5", type="seasonality", section="time", columns=("ordered_at",),
            sentence_en="The busiest hours are 11:00 to 19:00, which hold 61% of the orders.",
            sentence_zh="最忙的时段是 11 时至 19 时，占全部订单的 61%。",
            chart=ChartSpec(mark="bar", labels=tuple(str(h) for h in range(24)),
                            y=tuple(900 + 2600 * math.exp(-((h - 15) / 4.2) ** 2) for h in range(24)),
                            highlight=tuple(range(11, 19)), x_title=Words(en="hour", zh="小时"),
                            y_title=Words(en="orders", zh="订单数")),
            n=1_000_000, sql=sql, importance=0.55,
        ),
        ReportFact(
            id="f6", type="variants", section="trust", severity="warning", columns=("payment",),
            sentence_en="Payment holds 3 spellings of one thing: “card”, “Card” and “CARD ”.",
            sentence_zh="付款方式中同一个值有 3 种写法：“card”、“Card”和“CARD ”。",
            chart=ChartSpec(mark="bar", labels=("“card”", "“Card”", "“CARD ”"), y=(489012.0, 9120, 4209),
                            highlight=(1, 2), x_title=Words(en="payment", zh="付款方式"),
                            y_title=Words(en="orders", zh="订单数")),
            n=1_000_000, sql=sql, importance=0.5,
        ),
        ReportFact(
            id="f7", type="key", section="trust", columns=("order_id",),
            sentence_en="Order id identifies each of the 1,000,000 rows.", sentence_zh="订单编号唯一标识全部 1,000,000 行。",
            n=1_000_000, importance=0.4,
        ),
        ReportFact(
            id="f8", type="formula", section="relations", columns=("amount", "price", "quantity"),
            sentence_en="Amount equals price × quantity in 99.98% of the rows.",
            sentence_zh="99.98% 的行中，金额 = 单价 × 数量。", n=1_000_000, effect=0.9998, effect_name="share",
            sql=sql, importance=0.4, also=(same("amount = price × quantity"),),
        ),
    )  # fmt: skip
    return Report(
        table="orders", title=Words(en="Orders", zh="订单"), source="orders.parquet", rows=1_000_000,
        columns=tuple(_columns()), facts=facts, keys=(("order_id",),), language="en",
        created="2024-11-22T11:20:00",
        problems=(
            Problem(kind="sentinel", severity="serious", column="age", count=40210, share=0.04021,
                    message=Words(en="Age is 999 in 40,210 rows, where the other values end at 97.",
                                  zh="年龄在 40,210 行中为 999，而其他值最大为 97。"),
                    handled=Words(en="Taken as missing.", zh="已按缺失处理。")),
            Problem(kind="variants", severity="warning", column="payment", count=13329, share=0.0133, fact="f6",
                    message=Words(en=facts[5].sentence_en, zh=facts[5].sentence_zh)),
            Problem(kind="duplicates", severity="notice", count=12,
                    message=Words(en="12 rows occur more than once.", zh="有 12 行重复出现。")),
            Problem(kind="encoding", severity="info",
                    message=Words(en="The text was read as GB18030.", zh="文本按 GB18030 编码读取。"),
                    handled=Words(en="Read with that encoding.", zh="已按该编码读取。")),
        ),
        method=Method(sampled=50_000, tests=412, seconds={"profile": 2.1, "mining": 3.7, "page": 0.2}, queries=143,
                      versions={"Datalect": "0.1.0", "DuckDB": "2.0.0", "Python": "3.11"},
                      left_out=(Words(en="Near-duplicate texts were not searched in note: 10 million texts.",
                                      zh="备注列有一千万个文本，未查找近似重复。"),)),
    )  # fmt: skip


def _columns() -> list[ColumnProfile]:
    n = 1_000_000
    bell = tuple(int(90_000 * math.exp(-(((k - 8) / 5) ** 2))) for k in range(24))
    tail = tuple(int(200_000 * math.exp(-k / 3)) + 3 for k in range(24))
    first = datetime(2023, 1, 1).timestamp()
    return [
        ColumnProfile(name="order_id", label=Words(en="order id", zh="订单编号"), dtype="BIGINT", meaning="id", rows=n,
                      distinct=n, unique=True, minimum=100001, maximum=1100000, histogram=(n // 24,) * 24,
                      edges=tuple(100001 + 41667.0 * k for k in range(25)),
                      sentence=Words(en="A different number in every row.", zh="每行的编号都不同。")),
        ColumnProfile(name="ordered_at", label=Words(en="order date", zh="下单时间"), dtype="TIMESTAMP",
                      meaning="datetime", rows=n, distinct=801_223, distinct_exact=False,
                      minimum=datetime(2023, 1, 1, 0, 0, 12), maximum=datetime(2024, 12, 30, 23, 59, 1),
                      histogram=(40, 41, 40, 44, 43, 41, 40, 43, 42, 41, 46, 48, 60, 61, 60, 58, 62, 64),
                      edges=tuple(first + k * 86400 * 40.5 for k in range(19)), gaps=3,
                      sentence=Words(en="January 2023 to December 2024, without a gap longer than a day.",
                                     zh="2023 年 1 月至 2024 年 12 月，没有超过一天的空缺。")),
        ColumnProfile(name="amount", label=Words(en="amount", zh="金额"), dtype="DECIMAL(10,2)", meaning="money",
                      unit="USD", rows=n, missing=1203, distinct=48211, minimum=0.5, maximum=18233.1, mean=71.2,
                      stddev=120.4, quantiles={0.05: 6.2, 0.25: 18.0, 0.5: 38.0, 0.75: 81.0, 0.95: 260.0},
                      zeros=12, histogram=tail, edges=tuple(40.0 * k for k in range(25)),
                      sentence=Words(en="Half lie between $18 and $81; the largest is $18,233.10.",
                                     zh="一半在 18 至 81 美元之间，最大为 18,233.10 美元。")),
        ColumnProfile(name="age", label=Words(en="age", zh="年龄"), dtype="INTEGER", meaning="measure", unit="years",
                      rows=n, missing=40210, distinct=80, minimum=18, maximum=97, mean=41.3, stddev=12.8,
                      quantiles={0.05: 21, 0.25: 31, 0.5: 40, 0.75: 51, 0.95: 66}, histogram=bell,
                      edges=tuple(18 + 3.3 * k for k in range(25)),
                      problems=(Words(en="999 stands for a missing age.", zh="999 表示年龄缺失。"),),
                      sentence=Words(en="Half are between 31 and 51; 4.0% are missing.", zh="一半在 31 至 51 岁之间，4.0% 缺失。")),
        ColumnProfile(name="payment", label=Words(en="payment", zh="付款方式"), dtype="VARCHAR", meaning="category",
                      rows=n, distinct=7, top=(("card", 489012), ("wallet", 301022), ("cash", 101233),
                                               ("invoice", 51234), ("bank transfer", 44170), ("Card", 9120), ("CARD ", 4209)),
                      top_complete=True, lengths=(4, 4, 13),
                      sentence=Words(en="Mostly card (48.9%) and wallet (30.1%).", zh="以 card（48.9%）和 wallet（30.1%）为主。")),
        ColumnProfile(name="email", label=Words(en="e-mail", zh="邮箱"), dtype="VARCHAR", meaning="email", rows=n,
                      missing=310_000, distinct=401_002, masked=True, lengths=(9, 22, 61),
                      top=(("a…@…com", 12), ("j…@…org", 9)),
                      sentence=Words(en="Addresses of people, masked; 31.0% are missing.", zh="个人邮箱，已遮盖；31.0% 缺失。")),
        ColumnProfile(name="note", label=Words(en="note", zh="备注"), dtype="VARCHAR", meaning="text", rows=n,
                      missing=620_000, distinct=311_000, distinct_exact=False, lengths=(1, 34, 2011), sampled=True,
                      languages={"zh": 0.81, "en": 0.17, "other": 0.02},
                      phrases=(("物流很快", 4210), ("质量不错", 3920), ("fast delivery", 2211), ("会再来", 1903),
                               ("包装破损", 1440), ("as described", 921)),
                      sentence=Words(en="Free text, mostly Chinese, 34 characters at the median.", zh="自由文本，以中文为主，字数中位数为 34。")),
        ColumnProfile(name="legacy_flag", label=Words(en="legacy flag", zh="旧标志"), dtype="BOOLEAN", meaning="boolean",
                      rows=n, missing=n, sentence=Words(en="Nothing but missing values.", zh="全部缺失。")),
    ]  # fmt: skip


def with_text(text: str) -> Report:
    """A report that holds one text everywhere a text from a table, a file or a model can stand."""
    words = same(text)
    chart = ChartSpec(
        mark="bar", labels=(text, "b"), labels_zh=("甲", text), y=(1.0, 2.0), x_title=words, y_title=words
    )
    line = ChartSpec(mark="line", labels=(text, "b", text), y=(1.0, 2.0, 1.5), x_title=words, y_title=words)
    facts = tuple(
        ReportFact(
            id=f"f{k}", type="difference", section=section, columns=(text,), sentence_en=text, sentence_zh=text,
            names=(text,), effect=0.5, effect_name=text, test=text, n=3, sql=text, python=text, chart=held,
            segments=Segments(column=text, held=1, of=2, against=(text,)), also=(words,),
            evidence=Evidence(columns=(text, "n"), rows=((text, 1), (None, 2))),
        )
        for k, (section, held) in enumerate(
            [("relations", chart), ("time", line), ("values", chart), ("text", line), ("target", chart),
             ("compare", line), ("trust", chart), ("trust", None)], start=1,
        )
    )  # fmt: skip
    column = ColumnProfile(
        name=text, label=words, dtype=text, meaning=text, unit=text, rows=9, missing=1, distinct=3,
        minimum=text, maximum=text, top=((text, 4), ("b", 3)), lengths=(1, 2, 3), problems=(words,),
        sentence=words, phrases=((text, 3),), languages={text: 1.0},
    )  # fmt: skip
    return Report(
        table=text, title=words, source=text, rows=9, columns=(column, column), facts=facts, keys=((text,),),
        problems=(
            Problem(kind=text, severity="serious", message=words, column=text, count=2, share=0.2, handled=words),
            Problem(kind=text, severity="notice", message=words, fact="f7"),
        ),
        target=text, compared=text, created=text,
        method=Method(sampled=9, tests=3, seconds={text: 1.0}, queries=2, versions={text: text}, left_out=(words,)),
    )  # fmt: skip


def numbered_columns(count: int) -> tuple[ColumnProfile, ...]:
    """Columns of all kinds, as many as wanted."""
    held = _columns()
    return tuple(replace(held[k % len(held)], name=f"{held[k % len(held)].name}_{k}") for k in range(count))
