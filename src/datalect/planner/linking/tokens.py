"""Cut a question, a header or a term into tokens.

English words are one token each; every Chinese character is a token of its own, because which
characters belong
together is decided by the lattice over catalogue terms, vocabulary, numbers and dates, not by a word list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from datalect.planner.linking.stem import stem
from datalect.planner.linking.text import is_han, normalise

_TOKEN = re.compile(
    r"(?P<number>\d+(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d+)"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<punct>[^\w\s]|_)"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a normalised text.

    Attributes:
        start: first position in the normalised text.
        end: one past its last position.
        text: as normalised.
        kind: ``word``, ``han``, ``number`` or ``punct``.
        stem: light stem of a word, else the text.
    """

    start: int
    end: int
    text: str
    kind: str
    stem: str


def tokenise(text: str) -> list[Token]:
    """Tokens of an already normalised text, in order."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "punct"
        if kind != "word":
            tokens.append(Token(match.start(), match.end(), match.group(), kind, match.group()))
            continue
        position = match.start()
        for part in _scripts(match.group()):
            end = position + len(part)
            han = is_han(part[0])
            tokens.append(Token(position, end, part, "han" if han else "word", part if han else stem(part)))
            position = end
    return tokens


def _scripts(word: str) -> list[str]:
    parts: list[str] = []
    for char in word:
        if parts and not is_han(char) and not is_han(parts[-1][-1]):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def split_header(name: str) -> list[str]:
    """Words of a column or table name: snake_case, camelCase, spaces, digits and Chinese runs taken apart.

    >>> split_header("unitPrice_USD"), split_header("客户city")
    (['unit', 'price', 'usd'], ['客户', 'city'])
    """
    words: list[str] = []
    for piece in _CAMEL.split(name):
        run = ""
        for token in tokenise(normalise(piece).text):
            if token.kind == "han":
                run += token.text
                continue
            if run:
                words.append(run)
                run = ""
            if token.kind in ("word", "number"):
                words.append(token.text)
        if run:
            words.append(run)
    return words
