"""Text columns written in more than one language."""

from __future__ import annotations

from datalect.answer.ground import Words
from datalect.answer.labels import column_words
from datalect.data.model import SemanticType
from datalect.data.profile import kind_of
from datalect.data.quoting import identifier
from datalect.report.finding import Context, Finding, plain_shape
from datalect.report.texts import languages_of, texts_of

_NAMES = {
    "zh": Words(en="Chinese", zh="中文"),
    "latin": Words(en="Latin letters", zh="拉丁字母"),
    "ja": Words(en="Japanese", zh="日文"),
    "ko": Words(en="Korean", zh="韩文"),
    "cyrillic": Words(en="Cyrillic letters", zh="西里尔字母"),
}
_LEAST = 0.1  # share of texts a second language needs
_FEWEST = 100


def mine(context: Context) -> list[Finding]:
    """Columns with at least two languages (told by their letters) in a tenth of the texts each."""
    found = []
    for column in context.reader.columns:
        if kind_of(column.dtype) != "text" or column.meaning.type is not SemanticType.TEXT:
            continue
        if column.name in context.mask.personal or len(texts_of(context, column)) < _FEWEST:
            continue
        shares = [(k, s) for k, s in languages_of(context, column).items() if k in _NAMES and s >= _LEAST]
        if len(shares) < 2:
            continue
        (first, most), (second, less) = shares[:2]
        percent = plain_shape(percent=100)
        found.append(
            Finding(
                form="languages",
                type="distribution",
                columns=(column.name,),
                section="text",
                values={"share": most, "rest": less},
                names={"column": column_words(column), "first": _NAMES[first], "second": _NAMES[second]},
                shapes={"share": percent, "rest": percent},
                n=len(texts_of(context, column)),
                exact=False,
                effect=less,
                effect_name="share",
                sql=f"SELECT {identifier(column.name)} FROM {context.reader.name} LIMIT 20",
                impact=0.4,
                surprise=0.6,
                cluster=f"languages:{column.name}",
            )
        )
    return found
