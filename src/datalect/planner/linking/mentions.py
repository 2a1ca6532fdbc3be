"""All mentions of catalogue terms, stored values, numbers and times in a question."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from datalect.data.model import Catalog, SemanticType
from datalect.data.values import ValueHit, ValueIndex
from datalect.planner.linking.dates import find_times
from datalect.planner.linking.index import TermIndex
from datalect.planner.linking.lattice import Item, Mention, Sense
from datalect.planner.linking.numbers import find_numbers
from datalect.planner.linking.stem import stem
from datalect.planner.linking.text import Normalised, fold, is_han
from datalect.planner.linking.tokens import Token
from datalect.planner.linking.vocabulary import common_words, concepts_of, term_key, vocabulary

_LONGEST_HAN = 14
_LONGEST_WORDS = 8
_WORD = 0.45  # less than any meaning, more than characters nobody knows
_AUXILIARY = frozenset("是有否无会能可")  # verbs of the grammar first, values of a yes/no column last
_SKIP_INSIDE = frozenset({"the", "of", "a", "an", "'s", "的"})


class Spans:
    """Turns character ranges of a text into token ranges."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._starts = {t.start: i for i, t in enumerate(tokens)}
        self._ends = {t.end: i + 1 for i, t in enumerate(tokens)}

    def tokens(self, start: int, end: int) -> tuple[int, int] | None:
        """First token and one past the last, or None when the range cuts a token."""
        first, last = self._starts.get(start), self._ends.get(end)
        if first is None or last is None or last <= first:
            return None
        return first, last


def term_mentions(
    tokens: Sequence[Token], index: TermIndex, stems: Sequence[str], fits: Sequence[float]
) -> list[Mention]:
    """Tables, columns and metrics named by a stretch of tokens.

    Args:
        tokens: of the question.
        index: terms of the catalogue.
        stems: stem of each token, corrected where a typo was found.
        fits: 1.0 for each token as typed, less for a corrected one.
    """
    found: list[Mention] = []
    reach = max(min(index.longest_words, _LONGEST_WORDS) + 2, min(index.longest_han, _LONGEST_HAN))
    for first in range(len(tokens)):
        if tokens[first].kind == "punct" or tokens[first].text in ("the", "a", "an", "of"):
            continue
        key, fit = "", 1.0
        for last in range(first, min(len(tokens), first + reach)):
            token = tokens[last]
            if token.kind == "punct":
                if token.text in "-_/" and key:
                    continue
                break
            if last > first and token.text in ("who", "whom"):
                break  # "customers who ...": a clause begins, no header goes on
            if last > first and token.text in _SKIP_INSIDE and token.text != "of":
                if token.text != "的" or len(key) > 1:  # 订单的日期 is 订单日期, 目的地 is one word
                    continue
            joint = "" if not key or (token.kind == "han" and key[-1] > "\u3000") else " "
            key = f"{key}{joint}{stems[last]}"
            fit = min(fit, fits[last])
            weak = 0.75 if len(key) == 1 and token.kind == "han" and not _led(tokens, first) else 1.0
            for (kind, name), score in index.terms.get(key, {}).items():
                # "customers ordered" says what customers did, though there is a table of customer orders
                done = 0.7 if kind == "table" and last > first and token.text.endswith("ed") else 1.0
                found.append(Mention(first, last + 1, Sense(kind, name, score * fit * weak * done)))
            if first < last < first + 3 and all(t.kind == "word" for t in tokens[first : last + 1]):
                glued = stem("".join(t.text for t in tokens[first : last + 1]))  # "win percent": winpercent
                for (kind, name), score in index.terms.get(glued, {}).items():
                    found.append(Mention(first, last + 1, Sense(kind, name, score * 0.97)))
            found.extend(_turned(index, key, first, last + 1, fit))
    return found


def _led(tokens: Sequence[Token], at: int) -> bool:
    """Whether a single character stands where a header is expected: 各省, 每区, 哪个市."""
    return at > 0 and tokens[at - 1].text in "各每个哪按分的"


def _turned(index: TermIndex, key: str, first: int, last: int, fit: float) -> list[Mention]:
    # "name of the customer" is "customer name"
    if " of " not in key:
        return []
    head, _, rest = key.partition(" of ")
    if not head or not rest or " of " in rest or head == "number":  # "number of flights" counts
        return []
    targets = index.terms.get(f"{rest} {head}", {})
    return [Mention(first, last, Sense(k, n, s * fit * 0.97)) for (k, n), s in targets.items() if k == "col"]


def time_mentions(text: str, spans: Spans) -> list[Mention]:
    """Times; a bare number that may be a year is less sure."""
    found = []
    for time in find_times(text):
        span = spans.tokens(time.start, time.end) or _trim(text, time.start, time.end, spans)
        if span is not None:
            found.append(Mention(*span, Sense("time", time, 0.8 if time.bare else 0.95 + 0.04 * time.sure)))
    return found


def _trim(text: str, start: int, end: int, spans: Spans) -> tuple[int, int] | None:
    while start < end and text[start] == " ":
        start += 1
    while end > start and text[end - 1] == " ":
        end -= 1
    return spans.tokens(start, end)


def word_mentions(tokens: Sequence[Token]) -> list[Mention]:
    """Chinese words of the vocabulary, so that one the tables do not know stays whole: not 到 and 达延误."""
    words = vocabulary()
    found: list[Mention] = []
    for first in range(len(tokens)):
        text = ""
        for last in range(first, min(len(tokens), first + words.longest_zh)):
            if tokens[last].kind != "han":
                break
            text += tokens[last].text
            if len(text) > 1 and text in words.names:
                found.append(Mention(first, last + 1, Sense("word", text, _WORD)))
    return found


def whole_words(items: list[Item]) -> list[Item]:
    """Items without the senses that only held words together; unknown characters side by side become one item."""  # noqa: E501
    out: list[Item] = []
    loose = False
    for item in items:
        word = any(s.kind == "word" for s in item.senses)
        item.senses = [s for s in item.senses if s.kind != "word"]
        if item.senses and item.senses[0].score > 0.955 and item.senses[0].kind == "cue":
            if item.senses[0].data[0] == "stop":
                item.senses = item.senses[:1]  # 成交了 is a verb here, not a part of a header
        unknown = not word and not item.senses and is_han(item.text[-1])
        if unknown and loose:
            before = out[-1]
            before.last, before.end, before.text = item.last, item.end, before.text + item.text
        else:
            out.append(item)
        loose = unknown
    return out


def number_mentions(tokens: Sequence[Token]) -> list[Mention]:
    """Numbers in digits and words."""
    return [Mention(n.start, n.end, Sense("num", n, 0.86)) for n in find_numbers(tokens)]


def value_mentions(question: Normalised, values: ValueIndex, spans: Spans, tokens: Sequence[Token],
                   plain_words: frozenset[str]) -> list[Mention]:  # fmt: skip
    """Stored values named as they are."""
    found: list[Mention] = []
    for mention in values.mentions(question.raw):
        start, end = question.position(mention.start), question.position(mention.end)
        span = _trim(question.text, start, end, spans)
        if span is None:
            continue
        words = [t for t in tokens[span[0] : span[1]] if t.kind != "punct"]
        raw = question.raw[mention.start : mention.end]
        fit = 1.0
        if not words:
            continue
        if all(w.text in plain_words for w in words):
            capital = raw[:1].isupper() and mention.start > 0 and not raw.isupper() and len(raw) > 2
            quoted = mention.start > 0 and question.raw[mention.start - 1] in "\"'“‘「《"
            acronym = raw.isupper() and len(raw) > 1 and any(str(h.value) == raw for h in mention.hits)
            fit = 1.0 if quoted or capital or acronym else 0.42
        elif (
            len(words) == 1
            and _everyday(words[0], raw)
            and not any(str(h.value) == raw for h in mention.hits)
        ):
            fit = 0.42  # "tracks run for ten minutes" names neither the song Run! nor the album Ten
        elif len(words) == 1 and len(words[0].text) == 1 and words[0].kind != "number":
            fit = 0.9 if any(str(h.value) == raw for h in mention.hits) and words[0].kind == "word" else 0.45
            if raw in ("a", "i", "A", "I"):
                fit = 0.3
        elif all(w.kind == "number" for w in words):
            fit = 0.9
        found.append(Mention(*span, Sense("value", mention.hits, fit)))
    return found


def _everyday(token: Token, raw: str) -> bool:
    """Whether a word as typed is one of every day or a number, rather than a name."""
    return raw.islower() and (token.stem in common_words() or bool(find_numbers([token])))


@lru_cache(maxsize=1)
def _value_names() -> dict[str, tuple[str, ...]]:
    lines = json.loads(
        files("datalect.planner.linking").joinpath("value_names.json").read_text(encoding="utf-8")
    )
    names: dict[str, list[str]] = {}
    for line in lines:
        for name in line:
            if name.startswith("="):
                continue  # a code: what is stored may read so, but no question is read by it
            names.setdefault(term_key(name), []).extend(line)
    return {key: tuple(dict.fromkeys(others)) for key, others in names.items()}


def alias_mentions(
    tokens: Sequence[Token], values: ValueIndex, catalog: Catalog, plain_words: frozenset[str]
) -> list[Mention]:
    """Stored values named in the other language, as a demonym, or by an alias of the glossary."""
    names = _value_names()
    aliases = _glossary_aliases(catalog)
    found: list[Mention] = []
    for first in range(len(tokens)):
        key = ""
        for last in range(first, min(len(tokens), first + 8)):
            token = tokens[last]
            if token.kind == "punct":
                if key and token.text in ".'-&":
                    continue
                break
            joint = "" if not key or (token.kind == "han" and key[-1] > "\u3000") else " "
            key = f"{key}{joint}{token.stem}"
            if key in aliases:
                found.append(Mention(first, last + 1, Sense("value", aliases[key], 0.99)))
            others = names.get(key) if key not in _AUXILIARY else None
            if not others or (
                first == last and (token.text in plain_words or (len(token.text) < 2 and token.kind != "han"))
            ):
                continue
            hits = _alias_hits(key, others, values, catalog)
            if hits:
                short = token.kind == "han" and first == last
                found.append(Mention(first, last + 1, Sense("value", hits, 0.8 if short else 0.9)))
    return found


def adjective_mentions(tokens: Sequence[Token], values: ValueIndex) -> list[Mention]:
    """Stored values an adjective is made of: "rainy" and "sunny" days are those of rain and sun."""
    found: list[Mention] = []
    for at, token in enumerate(tokens):
        if token.kind != "word" or len(token.text) < 5 or not token.text.endswith("y"):
            continue
        base = token.text[:-1]
        plain = base[:-1] if base[-1] == base[-2] else base
        for noun in dict.fromkeys((base, plain)):
            hits = tuple(h for h in values.find(noun) if fold(str(h.value)) == noun)
            if hits:
                found.append(Mention(at, at + 1, Sense("value", hits, 0.92)))
                break
    return found


def _alias_hits(
    key: str, others: Sequence[str], values: ValueIndex, catalog: Catalog
) -> tuple[ValueHit, ...]:
    """Stored values that other names of the same thing equal, those of a column about it first."""
    hits: dict[tuple[str, str], ValueHit] = {}
    gender = "male" in others or "female" in others
    for other in others:
        for hit in values.find(other.removeprefix("=")):
            column = catalog.column(hit.column)
            if column is None or (hit.column, str(hit.value)) in hits:
                continue
            if other.startswith("=") and not all(len(str(v)) <= 3 for v, _ in column.profile.values[:20]):
                continue
            stored = {str(v).strip().lower() for v, _ in column.profile.values[:6]}
            if len(str(hit.value)) == 1 and not (
                column.profile.distinct <= 4 and stored & {"m", "f", "y", "n", "男", "女"}
            ):
                continue
            score = 0.97 if term_key(other) == key else 0.93
            if gender and concepts_of(column.name) and "sex" in concepts_of(column.name):
                score = 1.0
            elif gender:
                score -= 0.1
            hits[hit.column, str(hit.value)] = ValueHit(
                column=hit.column, value=hit.value, count=hit.count, score=score
            )
    return tuple(sorted(hits.values(), key=lambda h: -h.score))


def _glossary_aliases(catalog: Catalog) -> dict[str, tuple[ValueHit, ...]]:
    found: dict[str, list[ValueHit]] = {}
    for table in catalog.tables:
        for column in table.columns:
            for word, value in column.value_aliases.items():
                if not column.hidden:
                    hit = ValueHit(column=column.id, value=value, count=0, score=1.0)
                    found.setdefault(term_key(word), []).append(hit)
    return {key: tuple(hits) for key, hits in found.items()}


def correct_typos(
    tokens: Sequence[Token], items: Sequence[Item], index: TermIndex, known: frozenset[str]
) -> tuple[list[str], list[float]]:
    """Stems with unknown English words replaced by the nearest catalogue word, and how sure each is."""
    from rapidfuzz import process
    from rapidfuzz.distance import DamerauLevenshtein

    stems = [t.stem for t in tokens]
    fits = [1.0] * len(tokens)
    for item in items:
        if item.senses:
            continue
        for position in range(item.first, item.last):
            token = tokens[position]
            if token.kind != "word" or len(token.text) < 5 or not token.text.isascii() or token.text in known:
                continue
            if token.stem in vocabulary().names:
                continue
            allowed = 1 if len(token.text) < 8 else 2
            match = process.extractOne(
                token.stem, index.words, scorer=DamerauLevenshtein.distance, score_cutoff=allowed
            )
            if match is not None and match[0][0] == token.stem[0] and match[1] <= allowed:
                stems[position] = match[0]
                fits[position] = 0.93 - 0.06 * match[1]
                continue
            root = _root(token.stem)
            related = sorted(w for w in index.words if w[:4] == token.stem[:4] and _root(w) == root)
            if related:
                stems[position], fits[position] = related[0], 0.85
    return stems, fits


_ENDINGS = (
    "ances", "ance", "ence", "ment", "ation", "ition", "ion", "ity", "ery", "ness", "able", "ing", "ed", "er",
    "or", "al", "y", "e",
)  # fmt: skip


def _root(word: str) -> str:
    """What words of one family share: "appeared" and "Appearances", "generated" and "Generation"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 5:
            return word[: -len(ending)]
    return word


def near_value_mentions(
    question: Normalised, items: Sequence[Item], values: ValueIndex, spans: Spans
) -> list[Mention]:
    """Stored values that look much like words nobody knows."""
    found: list[Mention] = []
    run: list[Item] = []
    for item in [*items, None]:
        if item is not None and not item.senses and len(run) < 6:
            run.append(item)
            continue
        if run:
            found.extend(_near(question, run, values, spans))
        run = []
    return found


def _near(question: Normalised, run: Sequence[Item], values: ValueIndex, spans: Spans) -> list[Mention]:
    start, end = run[0].start, run[-1].end
    text = question.text[start:end].strip(" ,.?!;:")
    if len(text) < 4 and not any(c > "\u3000" for c in text):
        return []
    if len(text) < 2 or len(text) > 80 or term_key(text) in vocabulary().names:
        return []
    if stem(text) in common_words():
        return []
    hits = [h for h in values.nearest(text, limit=5) if h.score >= (0.8 if text.isascii() else 0.6)]
    good = []
    for hit in hits:
        stored = str(hit.value)
        if len(stored) < 5 and stored.isascii():
            continue  # a code or a short word has many neighbours that mean something else
        likeness = _likeness(text, fold(stored))
        if likeness >= 0.72:
            good.append(
                ValueHit(column=hit.column, value=hit.value, count=hit.count, score=min(0.92, likeness))
            )
    if not good:
        return []
    top = max(h.score for h in good)
    if len(good) > 1 and all(text in fold(str(h.value)) for h in good):
        # a word many values share is no name of one of them; see part_mentions
        return []
    span = spans.tokens(run[0].start, run[-1].end)
    if span is None:
        return []
    kept = tuple(h for h in good if h.score >= top - 0.03)
    if is_han(text[0]) and all(
        text in fold(str(h.value)) and len(text) * 2 <= len(str(h.value)) for h in kept
    ):
        # 保利 of 保利置业集团有限公司: a part of a name, which other names may have too
        columns = tuple(dict.fromkeys((h.column, 1) for h in kept))
        return [Mention(*span, Sense("part", (columns, text), 0.75 * top))]
    return [Mention(*span, Sense("value", kept, 0.75 * top))]


def part_mentions(items: Sequence[Item], catalog: Catalog, index: TermIndex) -> list[Mention]:
    """Unknown words that several stored values of one column contain: "toyota" in names of cars."""
    found: list[Mention] = []
    for item in items:
        text = item.text
        if item.senses or term_key(text) in vocabulary().names or not text[:1].isalpha():
            continue
        if stem(text) in common_words() or stem(text) in index.words:
            continue
        han = is_han(text[0])
        if han and any(text in c.name for t in catalog.tables for c in t.columns):
            continue  # 开发 of 开发商: a word of a header
        if len(text) < (2 if han else 3):
            continue
        wanted = stem(text)
        choices: list[tuple[str, int]] = []
        for table in catalog.tables:
            for column in table.columns:
                if column.hidden or column.meaning.type in (
                    SemanticType.ID,
                    SemanticType.URL,
                    SemanticType.EMAIL,
                ):
                    continue
                if "VARCHAR" not in column.dtype.upper():
                    continue
                count = sum(1 for v, _ in column.profile.values if _contains(str(v), wanted, text, han))
                if count > han:  # a Chinese piece that one value holds may be any of its words
                    choices.append((column.id, count))
        if choices:
            choices.sort(key=lambda c: -c[1])
            found.append(
                Mention(
                    item.first, item.last, Sense("part", (tuple(choices[:3]), text if han else wanted), 0.7)
                )
            )
    return found


def _contains(value: str, wanted: str, text: str, han: bool) -> bool:
    lowered = value.lower()
    if han:
        return text in lowered
    return wanted in lowered and any(stem(w) == wanted for w in re.findall(r"[a-z']+", lowered))


def _likeness(text: str, value: str) -> float:
    from rapidfuzz import fuzz

    if not text or not value:
        return 0.0
    whole = fuzz.ratio(text, value) / 100
    if whole >= 0.8:
        return whole
    words, stored = set(text.split()), set(value.replace(",", " ").replace(".", " ").split())
    if words and words <= stored and len(text) >= 4:
        return 0.75 + 0.15 * len(text) / len(value)
    if not text.isascii() and len(text) >= 2 and text in value:
        return 0.75 + 0.15 * len(text) / len(value)
    return whole if whole >= 0.85 else 0.0
