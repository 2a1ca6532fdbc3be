"""The words of ``describe`` in Chinese: what columns mean, and what was found while reading."""

from __future__ import annotations

import re

from datalect.data.missing import is_infinity_word
from datalect.data.model import Grain, Problem, SemanticType, Sentinel

S = SemanticType
MEANINGS = {
    S.ID: "编号", S.CODE: "代码", S.CATEGORY: "类别", S.ORDERED: "有序类别", S.BOOLEAN: "是否",
    S.DATE: "日期", S.DATETIME: "日期时间", S.TIME: "时刻", S.YEAR: "年份", S.DURATION: "时长",
    S.COUNT: "计数", S.MONEY: "金额", S.PERCENT: "百分比", S.RATIO: "比例", S.RATE: "比率",
    S.MEASURE: "数值", S.LATITUDE: "纬度",
    S.LONGITUDE: "经度", S.TEXT: "文本", S.NAME: "名称", S.EMAIL: "电子邮箱", S.PHONE: "电话", S.URL: "网址",
    S.UNKNOWN: "未知",
}  # fmt: skip
GRAINS = {
    Grain.YEAR: "年", Grain.QUARTER: "季度", Grain.MONTH: "月", Grain.WEEK: "周", Grain.DAY: "日",
    Grain.HOUR: "小时", Grain.MINUTE: "分钟", Grain.SECOND: "秒",
}  # fmt: skip
_PROBLEMS = {
    "ambiguous_dates": "日期中日与月的先后无法判断，已按常见顺序读取",
    "bad_bytes": "有些行含有编码无效的字节，已替换或保留原样",
    "blank_rows": "空行已略去",
    "broken_view": "无法运行的视图已略去",
    "conversion_failed": "有些值无法识别，按缺失处理",
    "delimiter": "字段分隔符是推断出来的",
    "duplicate_header": "列名重复，后面的列加了编号",
    "empty_header": "没有名称的列按位置命名",
    "empty_text": "数字中的空文本按缺失处理",
    "encoding": "文本的编码是推断出来的",
    "invalid_records": "无法读取的记录已另行保存",
    "joined_files": "列相同的多个文件合并为一个表",
    "left_out_files": "压缩包中不是表格的文件未读取",
    "merged_cells": "跨行合并的单元格，其值填入每一行",
    "mixed_types": "该列含有多种类型的值，保留为文本",
    "name_clash": "已有同名的表，本表已改名",
    "nested_values": "嵌套的值保留为 JSON 文本",
    "no_header": "第一行是数据而不是列名，各列按位置命名",
    "not_a_number": "NaN 或无穷大不是数值，按缺失处理",
    "nul_bytes": "NUL 字符已替换为符号 ␀",
    "preamble": "表格上方的行已跳过",
    "ragged_rows": "有些行与列数不符，已另行保存",
    "serial_dates": "日期中的数字按 Excel 的方式从 1899-12-30 起计天数",
    "short_rows": "有些行的字段少于列数，行末缺少的单元格留空",
    "stray_quotes": "有些行的引号没有包住字段，已按分隔符切分，引号保留",
    "total_row": "末尾有一行像是其余各行的合计，仍保留在表中",
    "total_rows": "末尾的合计行已另行保存",
}
_CONVERSIONS = {
    "boolean": "是否", "money": "金额", "percent": "百分比", "number": "数值",
    "number_with_unit": "带单位的数值",
    "chinese_year": "年份", "time": "时刻", "duration": "时长", "compact_month": "月份",
}  # fmt: skip
_REASONS = (
    (re.compile(r"(\d+) fields instead of (\d+)"), r"有 \1 个字段，应为 \2 个"),
    (re.compile(r"longer than ([\d,]+) bytes"), r"超过 \1 字节"),
    (
        re.compile(r"a quote that is not closed, or text after a closed quote"),
        "引号没有闭合，或其后还有文字",
    ),
    (re.compile(r"[A-Z][^:]*: line \d+ column (\d+) \(char \d+\)"), r"从第 \1 个字符起不是有效的 JSON"),
    (re.compile(r"nested too deeply"), "嵌套过深"),
    (re.compile(r"the sum of the other rows"), "其余各行之和"),
    (re.compile(r"a total without figures"), "没有数值的合计行"),
)
_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_WITH_LINES = frozenset({"ragged_rows", "invalid_records", "stray_quotes", "bad_bytes", "total_rows"})
_WITH_REASONS = frozenset({"ragged_rows", "invalid_records", "total_rows"})
_ENCODING = re.compile(r"read as ([^:]+):")


def problem_text(problem: Problem) -> str:
    """A problem in one Chinese sentence; a kind not known here keeps its English message."""
    text = _PROBLEMS.get(problem.kind)
    if text is None:
        return problem.message
    named = _ENCODING.search(problem.message) if problem.kind == "encoding" else None
    if named is not None:
        text = f"文本按 {named[1]} 编码读取"
    count = f"（{problem.count:,} 处）" if problem.count > 1 else ""
    column = f"{problem.column}：" if problem.column else ""
    return f"{column}{text}{count}。"


def example_text(problem: Problem, example: str) -> str:
    """An example of a problem: line number and reason in Chinese, what stood in the file as it was."""
    numbered = _LINE.fullmatch(example) if problem.kind in _WITH_LINES else None
    where, rest = (f"第 {numbered[1]} 行：", numbered[2]) if numbered else ("", example)
    if problem.kind in _WITH_REASONS:
        for pattern, chinese in _REASONS:
            found = pattern.match(rest)
            if found is not None:
                rest = found.expand(chinese) + rest[found.end() :].replace(": ", "：", 1)
                break
    return where + rest


def conversion_text(kind: str) -> str:
    """How a text was read, such as 金额."""
    if kind in _CONVERSIONS:
        return _CONVERSIONS[kind]
    return "日期时间" if kind.endswith("_time") else "日期"


def sentinel_reason(sentinel: Sentinel) -> str:
    """Why a value is taken for a marker."""
    if isinstance(sentinel.value, str):
        if not sentinel.value:
            return "空文本不含任何内容"
        if is_infinity_word(sentinel.value):
            return "无穷大无法参与计算"
        if sentinel.treated_as_missing:
            return "这是缺失值的标记"
        return "这个词常表示缺失，也可能本身就是一个类别"
    return "与其他值相距甚远" if sentinel.treated_as_missing else "这是常用的占位值"
