"""Ways Chinese tables are written: traditional characters, full-width marks, and descriptions in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.data.describe import describe
from datalect.data.dialect import sniff
from datalect.data.meaning.chinese import simplified
from datalect.data.meaning.hints import read_name
from datalect.data.meaning.names import tokens
from datalect.data.model import Catalog
from datalect.data.parse import parse_number
from datalect.data.workspace import open_workspace
from loading_helper import loading


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def catalog(path: Path) -> Catalog:
    return open_workspace([str(path)]).catalog


# ------------------------------------------------------------ traditional characters

PAIRS = [
    ("金額", "金额"), ("訂單編號", "订单编号"), ("單價（萬元）", "单价（万元）"), ("銷售額", "销售额"),
    ("數量", "数量"), ("日期時間", "日期时间"), ("經度", "经度"), ("緯度", "纬度"), ("電話", "电话"),
    ("客戶名稱", "客户名称"), ("折扣率", "折扣率"), ("是否退貨", "是否退货"), ("年齡", "年龄"),
    ("郵箱", "邮箱"), ("網址", "网址"), ("備註", "备注"), ("類別", "类别"), ("總價", "总价"),
]  # fmt: skip


@pytest.mark.parametrize(("traditional", "simple"), PAIRS)
def test_traditional_headers_mean_what_simplified_ones_do(traditional: str, simple: str) -> None:
    assert read_name(traditional) == read_name(simple)
    assert read_name(simple).hints
    assert tokens(traditional) == tokens(simple)


@pytest.mark.parametrize(
    ("traditional", "simple"), [("3.5萬", "3.5万"), ("1.2億元", "1.2亿元"), ("人民幣 8", "人民币 8")]
)
def test_traditional_numbers_are_read(traditional: str, simple: str) -> None:
    assert parse_number(traditional) == parse_number(simple) is not None


@given(st.text())
def test_simplifying_keeps_places(text: str) -> None:
    assert len(simplified(text)) == len(text)
    assert simplified(simplified(text)) == simplified(text)


def test_a_traditional_table_reads_as_the_simplified_one(tmp_path: Path) -> None:
    path = tmp_path / "訂單.csv"
    path.write_text(
        "訂單編號,訂單日期,金額,數量,預算\n"
        "A001,2024年3月5日,1200.5,3,3.5萬\nA002,2024年3月6日,800,2,1.2億\nA003,2024年4月1日,95.2,5,8000萬元\n",
        encoding="utf-8",
    )
    table = catalog(path).tables[0]
    kinds = {c.name: c.meaning.type.value for c in table.columns}
    assert kinds == {"訂單編號": "id", "訂單日期": "date", "金額": "money", "數量": "count", "預算": "money"}
    assert next(c for c in table.columns if c.name == "預算").profile.maximum == 120_000_000


# ------------------------------------------------------------ full-width marks between fields


@pytest.mark.parametrize("mark", ["，", "；", "｜"])
def test_full_width_delimiters(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "t.csv"
    lines = ["姓名,城市,金额", "王小明,北京,1200", "李大同,上海,800", "陈美,广州,950"]
    path.write_text("\n".join(line.replace(",", mark) for line in lines) + "\n", encoding="utf-8")
    with loading(tmp_path, str(path)) as loaded:
        assert loaded.rows() == [("王小明", "北京", 1200), ("李大同", "上海", 800), ("陈美", "广州", 950)]
        assert loaded.types()["金额"] == "BIGINT"


@pytest.mark.parametrize(
    "text",
    [
        "评论\n很好，喜欢\n不错，推荐\n一般，可以\n",
        "很好，喜欢\n不错，推荐\n一般，可以\n差，退货\n",
        "评论\n屏幕清楚，电池耐用，推荐\n太慢，退货\n",
    ],
)
def test_commas_of_sentences_separate_no_fields(text: str) -> None:
    assert sniff(text, complete=True).width == 1


# ------------------------------------------------------------ descriptions


def test_examples_of_problems_are_chinese_too(tmp_path: Path) -> None:
    path = tmp_path / "坏.csv"
    rows = "".join(f"{i},城市{i % 3},{i * 2}\n" for i in range(50))
    path.write_text(f'编号,城市,数量\n{rows}51,北京\n52,"上"海,4\n53,广州,5,多,余\n', encoding="utf-8")
    text = describe(catalog(path), "zh")
    assert "第 52 行：有 2 个字段，应为 3 个" in text
    assert not re.search(r"\bline \d|instead of|fields", text)
    assert "line 52" in describe(catalog(path), "en")


def test_reasons_of_bad_json_are_chinese_too(tmp_path: Path) -> None:
    path = tmp_path / "坏.ndjson"
    path.write_text('{"甲": 1}\n{"甲": }\n{"甲": 3}\n', encoding="utf-8")
    text = describe(catalog(path), "zh")
    assert "第 2 行：从第 7 个字符起不是有效的 JSON" in text


def test_conversions_are_named_in_chinese(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("日期,占比\n2024年3月5日,12%\n2024年3月6日,15%\n", encoding="utf-8")
    text = describe(catalog(path), "zh")
    assert "日期：按日期读取，转换 2 个" in text
    assert "占比：按百分比读取，转换 2 个" in text
