"""What ``describe`` says, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from datalect.data.describe import Language, describe
from datalect.data.describe_zh import _PROBLEMS, MEANINGS
from datalect.data.model import SemanticType
from datalect.data.workspace import open_workspace

SOURCE = Path(__file__).parents[2] / "src" / "datalect" / "data"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_chinese_description_holds_no_english_sentence(tmp_path: Path) -> None:
    path = tmp_path / "销售.csv"
    path.write_bytes(
        "城市,城市,金额,日期,状态\n北京,甲,10,2024-01-05,?\n上海,乙,20,2024-02-05,无\n广州,丙,30\n".encode(
            "gbk"
        )
    )
    text = describe(open_workspace([str(path)]).catalog, "zh")
    assert "金额" in text
    assert "日期 · " in text
    assert "文本按 GBK 编码读取" in text
    assert "列名重复" in text
    assert "视为缺失：这是缺失值的标记" in text
    assert "可能表示缺失，未作处理：这个词常表示缺失" in text
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,} [a-z]{2,}", text)


def test_every_meaning_and_every_kind_of_problem_has_chinese_words() -> None:
    assert set(MEANINGS) == set(SemanticType)
    written = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    made = re.findall(r'Problem\(\s*kind="([a-z_]+)"', written)
    assert set(made) <= set(_PROBLEMS)
    assert len(made) > 15


def test_a_second_attempt_at_a_file_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_text('[{"a": NaN, "b": 1, "b": 2},{"a": 1e999, "b": 3}]')
    table = open_workspace([str(path)]).catalog.tables[0]
    assert table.name == "odd"
    assert all(problem.kind != "name_clash" for problem in table.problems)


@pytest.mark.parametrize(("language", "width"), [("en", 40), ("zh", 40), ("en", 24), ("zh", 24)])
def test_narrow_terminals_show_every_column(tmp_path: Path, language: Language, width: int) -> None:
    path = tmp_path / "宽.csv"
    names = [f"a long column name {i}" if i % 2 else f"很长的列名第{i}列" for i in range(40)]
    path.write_text(
        ",".join(names)
        + "\n"
        + "".join(",".join(f"value {i * j}" for j in range(40)) + "\n" for i in range(9)),
        encoding="utf-8",
    )
    text = describe(open_workspace([str(path)]).catalog, language, width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    flat = re.sub(r"\s+", "", text)
    assert all(flat.count(re.sub(r"\s+", "", name)) for name in names)
    kinds = (SemanticType.NAME, SemanticType.CATEGORY)
    shown = [MEANINGS[kind] if language == "zh" else kind.value for kind in kinds]
    assert sum(flat.count(f"·{word}") for word in shown) == 40
