"""Encodings: detection on short and long texts, and transcoding without loss."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalect.data.text_encoding import detect_encoding, named_encoding, transcode
from datalect.errors import LimitError

SIMPLIFIED = "日期,省份,销售额\n2024-03-05,广东省,1200.5\n2024-03-06,浙江省,980\n"
TRADITIONAL = "日期,縣市,銷售額\n2024-03-05,臺北市,1200.5\n2024-03-06,高雄市,980\n"
FRENCH = "ville,prénom,âge\nOrléans,Élodie,31\nSète,François,27\n"
GERMAN = "Straße;Größe;Fläche\nMünchner Straße;groß;12,5\n"
RUSSIAN = "город,имя,возраст\nМосква,Елена,31\nКазань,Пётр,27\n"


@pytest.mark.parametrize(
    ("text", "written_as", "name"),
    [
        (SIMPLIFIED, "utf-8", "UTF-8"),
        (SIMPLIFIED, "utf-8-sig", "UTF-8"),
        (SIMPLIFIED, "gbk", "GBK"),
        (SIMPLIFIED + "㐀龱𠀀,x,1\n", "gb18030", "GB18030"),
        (SIMPLIFIED, "utf-16", "UTF-16 LE"),
        (SIMPLIFIED, "utf-16-le", "UTF-16 LE"),
        (SIMPLIFIED, "utf-16-be", "UTF-16 BE"),
        (TRADITIONAL, "big5", "Big5"),
        (TRADITIONAL, "utf-8", "UTF-8"),
        (FRENCH, "cp1252", "Windows-1252"),
        (GERMAN, "latin-1", "Windows-1252"),
        (RUSSIAN, "cp1251", "Windows-1251"),
        (RUSSIAN, "utf-8", "UTF-8"),
        ("plain,ascii\n1,2\n", "ascii", "UTF-8"),
        # Files of one or two lines, as people export them.
        ("姓名\n张三\n", "gbk", "GBK"),
        ("城市,人口\n北京,2189\n", "gbk", "GBK"),
        ("联通\n", "gbk", "GBK"),
        ("产品,数量\n苹果,3\n", "gbk", "GBK"),
        ("產品,數量\n蘋果,3\n", "big5", "Big5"),
        ("姓名,電話\n陳大文,0912345678\n", "big5", "Big5"),
        ("名\n王\n", "utf-8", "UTF-8"),
        ("id,city\n1,São Paulo\n", "latin-1", "Windows-1252"),
        ("id,city\n1,Zürich\n2,Malmö\n", "utf-8", "UTF-8"),
        ("товар\nчай\n", "utf-8", "UTF-8"),
        ("商品名,価格\nりんごジュース,120\nおにぎり,100\n", "cp932", "Shift JIS"),
    ],
)
def test_encoding_is_found(text: str, written_as: str, name: str) -> None:
    raw = text.encode(written_as)
    found = detect_encoding(raw, complete=True)
    assert found.name == name
    assert found.evidence
    assert raw[found.bom :].decode(found.codec) == text


def test_a_character_cut_at_the_end_of_the_sample_is_forgiven() -> None:
    for codec in "utf-8", "gbk":
        raw = (SIMPLIFIED * 20).encode(codec)
        names = {detect_encoding(raw[:-cut]).codec for cut in range(1, 40)}
        assert names == {"utf-8" if codec == "utf-8" else "gb18030"}


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=400))
def test_any_utf8_comes_back_unchanged(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("t")
    source, target = folder / "a", folder / "b"
    source.write_bytes(b"\xef\xbb\xbf" + text.encode())
    bad = transcode(source, target, detect_encoding(source.read_bytes(), complete=True))
    assert target.read_bytes().decode() == text
    assert bad.lines == 0


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "gb18030", "big5hkscs", "cp1252", "utf-16-le"]))
def test_any_bytes_become_valid_utf8_with_as_many_lines(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, codec: str
) -> None:
    folder = tmp_path_factory.mktemp("t")
    source, target = folder / "a", folder / "b"
    source.write_bytes(raw)
    transcode(source, target, named_encoding(codec))
    out = target.read_bytes()
    out.decode()
    if codec != "utf-16-le":
        assert out.count(b"\n") == raw.count(b"\n")


def test_transcoding_in_chunks_equals_transcoding_at_once(tmp_path: Path) -> None:
    text = "".join(f"{i},上海市浦东新区世纪大道{i}号\n" for i in range(60_000))
    (tmp_path / "a").write_bytes(text.encode("gbk"))
    transcode(tmp_path / "a", tmp_path / "b", named_encoding("gbk"))
    assert (tmp_path / "b").read_text(encoding="utf-8") == text


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("中".encode("gbk") * 3_000_000)
    with pytest.raises(LimitError, match="too long"):
        transcode(tmp_path / "a", tmp_path / "b", named_encoding("gbk"), longest=1 << 20)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(LookupError):
        named_encoding("klingon-8")


def test_io_is_not_needed_for_detection() -> None:
    assert detect_encoding(io.BytesIO(b"").getvalue(), complete=True).is_utf8
