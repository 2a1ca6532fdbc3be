"""Finding the encoding of a text file and turning it into UTF-8 without losing a byte.

The choice stands on the bytes themselves: byte-order marks, validity as UTF-8, the pattern of NUL bytes of
UTF-16, and how many double-byte characters fall into the "level 1" rows, where GB 2312 and Big5 keep their
everyday characters. Short Chinese files have few characters, so a list of very frequent ones decides
between close calls.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from datalect.errors import LimitError

HEAD_BYTES = 256 * 1024
_CHUNK = 1 << 20

# Very frequent characters and the words of table headers, simplified and traditional together.
_FREQUENT = frozenset(
    "的一是不了在人有我他这个中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日军者意无力它与长把机十民第公此"
    "已工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体政美相见被利什二等产或新己制身果加西月话合回特代内信"
    "表化老给世位次度门任常先海通教原东声提立及比员解水名真论处走义各入几口认条平系气题活更别打女变四总何电数安少报才结反"
    "受目太量再感建务做接必场件计管期市直资命山金指许统区保至队形社便空决治展科司五基眼书非则白界达光放强即像难且权思王设"
    "式色路记南品住告类求据程北边死张该交规万取望术领共确传师观清今切院让识候带导争运省县镇街村号价格销售额订单客户姓龄别男"
    "份季周率元亿收入支余成本毛利润税商店铺城州京沪广深圳杭川重庆湖苏浙江山东河陕云贵港澳台部编码状态备注说明完好评论电话"
    "地址邮箱学校班级分数语英李刘陈杨黄赵吴周徐孙马朱胡郭林张王合计总计小计企业营财"
    "這個們來為國說時會對過發後裡樣開從實軍無與長機動學現當沒還進點業將兩間問關並應戰頭體見產話員報場務計資統區隊決馬書"
    "則聽達強難權設記類據規萬覺術領確傳師觀讓識帶導爭運縣鎮號價銷額訂單戶齡億餘潤稅鋪態備註電話郵數編碼廣東灣臺園門經濟"
)
_HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """An encoding and why it was chosen.

    Attributes:
        codec: Python codec that decodes it.
        name: name for people.
        evidence: one short phrase.
        bom: bytes of the byte-order mark at the start of the file.
    """

    codec: str
    name: str
    evidence: str
    bom: int = 0

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes can be read as UTF-8 as they stand."""
        return self.codec == "utf-8"


_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 LE"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 BE"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
)


def detect_encoding(sample: bytes, *, complete: bool = False) -> Encoding:
    """Conclude the encoding of a text from its bytes.

    Args:
        sample: the start of the text, or all of it.
        complete: whether ``sample`` is all of it; otherwise a character cut at its end is forgiven.

    Returns:
        The encoding; ``cp1252`` or ``latin-1`` when nothing speaks for another one.
    """
    for bom, codec, name in _BOMS:
        if sample.startswith(bom):
            return Encoding(codec=codec, name=name, evidence="it starts with a byte-order mark", bom=len(bom))
    wide = _utf16_without_mark(sample)
    if wide is not None:
        return wide
    text = _decode(sample, "utf-8", complete)
    if text is not None:
        return _utf8_or_short_chinese(sample, text)
    return _mostly_utf8(sample) or _legacy(sample, complete)


def named_encoding(name: str, head: bytes = b"") -> Encoding:
    """The encoding a user asked for, for a text that starts with ``head``.

    Raises:
        LookupError: Python knows no such codec.
    """
    codec = codecs.lookup(name).name
    codec = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "latin-1", "utf-8-sig": "utf-8"}.get(
        codec, codec
    )
    mark = next((bom for bom, marked, _ in _BOMS if marked.startswith(codec) and head.startswith(bom)), b"")
    if codec in ("utf-16", "utf-32"):
        codec = next((marked for bom, marked, _ in _BOMS if bom == mark), f"{codec}-le")
    return Encoding(codec=codec, name=name, evidence="it was asked for", bom=len(mark))


def _decode(data: bytes, codec: str, complete: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)().decode(data, complete)
    except UnicodeDecodeError:
        return None


def _utf16_without_mark(sample: bytes) -> Encoding | None:
    head = sample[: 64 * 1024]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    pairs = len(head) // 2
    # Delimiters, digits and line ends of any table are ASCII, so one half of their bytes is NUL.
    if pairs < 4 or max(even, odd) < 0.08 * pairs or min(even, odd) > 0.1 * max(even, odd):
        return None
    codec, name = ("utf-16-le", "UTF-16 LE") if odd > even else ("utf-16-be", "UTF-16 BE")
    text = _decode(head[: pairs * 2], codec, complete=False)
    if text is None or not any(mark in text for mark in "\n\r,\t;|"):
        return None
    strange = sum(1 for c in text if c < " " and c not in "\r\n\t")
    if strange > len(text) / 50:
        return None
    return Encoding(codec=codec, name=name, evidence="every other byte of its ASCII characters is NUL")


def _utf8_or_short_chinese(sample: bytes, text: str) -> Encoding:
    wide = [c for c in text if c >= "\x80"]
    if not wide:
        return Encoding(codec="utf-8", name="UTF-8", evidence="plain ASCII so far")
    # A few GBK characters can pass for two-byte UTF-8, which then looks like unrelated Greek, Cyrillic or
    # Arabic.
    if len(wide) <= 200 and all(c < "\u0800" for c in wide):
        share, count = _frequent_share(sample, "gb18030")
        if count and share >= 0.6 and not _is_plausible_latin(wide):
            return Encoding(
                codec="gb18030",
                name="GBK",
                evidence="as GBK its characters are common Chinese ones, as UTF-8 they make no words",
            )
    return Encoding(codec="utf-8", name="UTF-8", evidence="valid UTF-8")


def _mostly_utf8(sample: bytes) -> Encoding | None:
    """UTF-8 with a few lines that are not: text put together from several sources."""
    wide = [line for line in sample.split(b"\n")[:-1] if not line.isascii()]
    valid = sum(1 for line in wide if _decode(line, "utf-8", complete=True) is not None)
    if valid < 2 or valid < 0.8 * len(wide):
        return None
    evidence = f"{valid:,} of {len(wide):,} lines with other characters than ASCII are valid UTF-8"
    return Encoding(codec="utf-8", name="UTF-8", evidence=evidence)


def _is_plausible_latin(wide: list[str]) -> bool:
    blocks = {("latin" if c < "\u0250" else "other" if c < "\u0370" else str(ord(c) // 0x90)) for c in wide}
    return len(blocks) == 1


def _frequent_share(sample: bytes, codec: str) -> tuple[float, int]:
    text = codecs.getincrementaldecoder(codec)("replace").decode(sample)
    han = _HAN.findall(text)
    if not han:
        return 0.0, 0
    return sum(1 for c in han if c in _FREQUENT) / len(han), len(han)


def _level1_share(sample: bytes, codec: str) -> tuple[float, int, int]:
    """Share of double-byte characters in the everyday rows, their number, and the number of invalid bytes."""
    everyday = total = invalid = position = 0
    lead_low, lead_high = (0x81, 0xFE) if codec == "gb18030" else (0xA1, 0xF9)
    size = len(sample)
    for match in re.finditer(rb"[\x80-\xff].?", sample, re.DOTALL) if size else ():
        start = match.start()
        if start < position:
            continue
        lead = sample[start]
        trail = sample[start + 1] if start + 1 < size else -1
        if trail == -1:
            break
        position = start + 2
        if codec == "gb18030" and 0x30 <= trail <= 0x39:
            position = start + 4  # four-byte form
            total += 1
            continue
        valid_trail = 0x40 <= trail <= 0xFE and trail != 0x7F
        if codec == "big5":
            valid_trail = 0x40 <= trail <= 0x7E or 0xA1 <= trail <= 0xFE
        if not (lead_low <= lead <= lead_high and valid_trail):
            invalid += 1
            position = start + 1
            continue
        total += 1
        if codec == "gb18030":
            everyday += trail >= 0xA1 and (0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3))
        else:
            everyday += 0xA4 <= lead <= 0xC6 or lead == 0xA1
    return (everyday / total if total else 0.0), total, invalid


def _legacy(sample: bytes, complete: bool) -> Encoding:
    high = sum(1 for byte in sample if byte >= 0x80)
    scores: list[tuple[float, str, float, int]] = []
    for codec in ("gb18030", "big5"):
        share, count, invalid = _level1_share(sample, codec)
        if not count or invalid > max(2, high // 50):
            continue
        frequent, _ = _frequent_share(sample, codec)
        scores.append((share + frequent, codec, share, count))
    scores.sort(key=lambda s: s[0], reverse=True)
    if scores and scores[0][0] >= 0.75 and scores[0][2] >= 0.6:
        _, codec, share, count = scores[0]
        frequent, han = _frequent_share(sample, codec)
        if codec == "gb18030" and han >= 40 and frequent < 0.12 and _decode(sample, "euc_kr", complete):
            return Encoding(codec="euc_kr", name="EUC-KR", evidence="valid Korean, and not common Chinese")
        name = "Big5" if codec == "big5" else _gb_name(sample)
        return Encoding(
            codec="big5hkscs" if codec == "big5" else codec,
            name=name,
            evidence=f"not valid UTF-8, and {share:.0%} of its {count:,} double-byte characters are everyday "
            f"{'traditional' if codec == 'big5' else 'simplified'} Chinese ones",
        )
    kana = len(re.findall(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]", sample))
    if kana >= 3 and kana * 4 > high // 2 and _decode(sample, "cp932", complete):
        return Encoding(codec="cp932", name="Shift JIS", evidence="it holds Japanese kana")
    letters = len(re.findall(rb"[A-Za-z]", sample))
    cyrillic = sum(1 for byte in sample if byte >= 0xC0)
    runs = [len(run) for run in re.findall(rb"[\xc0-\xff]+", sample)]
    if runs and cyrillic > letters and cyrillic > 0.9 * high and sum(runs) / len(runs) >= 3:
        return Encoding(codec="cp1251", name="Windows-1251", evidence="long runs of Cyrillic letters")
    if _decode(sample, "cp1252", complete) is not None:
        return Encoding(
            codec="cp1252", name="Windows-1252", evidence="not valid UTF-8; single accented letters"
        )
    return Encoding(codec="latin-1", name="Latin-1", evidence="not valid UTF-8 and no double-byte text")


def _gb_name(sample: bytes) -> str:
    four = re.search(rb"[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]", sample)
    return "GB18030" if four else "GBK"


# ------------------------------------------------------------------------------------------------ transcoding


@dataclass(slots=True)
class BadBytes:
    """Lines of a text that are not valid in its encoding.

    Attributes:
        lines: how many.
        examples: the first ones, with line numbers, as they were written to the UTF-8 text.
        nul: NUL characters that were replaced by U+2400.
        fallback: encoding that most of those lines turned out to have, or "".
    """

    lines: int = 0
    nul: int = 0
    fallback: str = ""
    examples: tuple[str, ...] = ()


def transcode(source: Path, target: Path, encoding: Encoding, *, longest: int = 32 << 20) -> BadBytes:
    r"""Write a text file as UTF-8 without byte-order mark, in bounded memory.

    A line that is not valid in ``encoding`` is read as the encoding the invalid lines seem to have (a file
    may be put together from two); bytes that fit nothing stay visible as ``\xNN``. NUL becomes U+2400 so
    that no tool takes it for the end of the text.

    Raises:
        LimitError: a line is longer than ``longest`` bytes.
    """
    bad = BadBytes()
    with source.open("rb") as raw, target.open("wb") as out:
        raw.seek(encoding.bom)
        if encoding.codec.startswith(("utf-16", "utf-32")):
            _transcode_wide(raw, out, encoding.codec, bad)
        else:
            _transcode_lines(raw, out, encoding.codec, bad, longest)
    return bad


def _write(out: BinaryIO, text: str, bad: BadBytes) -> None:
    if "\0" in text:
        bad.nul += text.count("\0")
        text = text.replace("\0", "\u2400")
    out.write(text.encode("utf-8", "backslashreplace"))


def _transcode_wide(raw: BinaryIO, out: BinaryIO, codec: str, bad: BadBytes) -> None:
    decoder = codecs.getincrementaldecoder(codec)("backslashreplace")
    strict = codecs.getincrementaldecoder(codec)("strict")
    while chunk := raw.read(_CHUNK):
        try:
            strict.decode(chunk)
        except UnicodeDecodeError as error:
            bad.lines += 1
            if len(bad.examples) < 5:
                bad.examples += (f"bytes {error.object[error.start : error.end].hex(' ')}",)
            strict.reset()
        _write(out, decoder.decode(chunk), bad)
    _write(out, decoder.decode(b"", True), bad)


def _line_chunks(raw: BinaryIO, longest: int) -> Iterator[bytes]:
    """Chunks that end at a line end, which cuts no double-byte character: no trail byte is a line feed."""
    rest = b""
    while chunk := raw.read(_CHUNK):
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield rest + chunk[:cut]
            rest = chunk[cut:]
        else:
            rest += chunk
            if len(rest) > longest:
                raise LimitError(
                    "A line of the text is too long to be a row of a table.",
                    limit="length",
                    expected=f"lines up to {longest:,} bytes",
                    received=f"more than {len(rest):,} bytes without a line end",
                    next_step="check that this is a table, or raise OpenOptions.max_cell_bytes",
                )
    if rest:
        yield rest


def _split_lines(chunk: bytes) -> list[bytes]:
    parts = chunk.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _transcode_lines(raw: BinaryIO, out: BinaryIO, codec: str, bad: BadBytes, longest: int) -> None:
    line = 0
    fallback: str | None = None
    examples: list[str] = []
    for chunk in _line_chunks(raw, longest):
        try:
            _write(out, chunk.decode(codec), bad)
        except UnicodeDecodeError:
            lines = _split_lines(chunk)
            if fallback is None:
                fallback = _fallback_codec(lines, codec)
            for offset, part in enumerate(lines, start=1):
                text = _decode(part, codec, complete=True)
                if text is None:
                    text = _decode(part, fallback, complete=True) if fallback else None
                    if text is None:
                        text = part.decode(codec, "backslashreplace")
                    bad.lines += 1
                    if len(examples) < 5:
                        examples.append(f"line {line + offset}: {text.strip()[:120]}")
                _write(out, text, bad)
        line += chunk.count(b"\n")
    bad.examples = tuple(examples)
    bad.fallback = fallback or ""


def _fallback_codec(lines: list[bytes], codec: str) -> str:
    invalid = b"".join(part for part in lines if _decode(part, codec, complete=True) is None)[:HEAD_BYTES]
    if codec != "utf-8" and _decode(invalid, "utf-8", complete=False) is not None:
        return "utf-8"
    guess = detect_encoding(invalid)
    return "" if guess.codec in (codec, "latin-1") else guess.codec
