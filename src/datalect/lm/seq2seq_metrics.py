"""BLEU, chrF and ROUGE of written texts against references, Chinese by character.

BLEU and chrF come from sacrebleu (Post 2018), whose signature says how they were computed; ROUGE (Lin 2004)
from rouge-score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from datalect.errors import MissingExtraError, UsageError

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_IS_HAN = re.compile(f"[{_HAN}]")
_PIECES = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+")


class MixedTokenizer:
    """Chinese characters one by one, other words whole and in lower case; punctuation is left out."""

    def tokenize(self, text: str) -> list[str]:
        """The pieces that ROUGE counts."""
        return _PIECES.findall(text.casefold())


def is_chinese(texts: Sequence[str]) -> bool:
    """Whether at least a third of the letters are Chinese characters."""
    letters = sum(character.isalpha() for text in texts for character in text)
    return bool(letters) and 3 * sum(len(_IS_HAN.findall(text)) for text in texts) >= letters


def text_metrics(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Figures of a whole set.

    Args:
        written: one text for each source.
        references: one or several right texts for each source.

    Returns:
        ``bleu`` and ``chrf`` (0 to 100) with ``bleu_signature`` and ``chrf_signature``; ``rouge1``,
        ``rouge2`` and ``rougeL`` (mean F1, 0 to 100, the best reference for each text) with
        ``rouge_tokens``; ``exact``, the share equal to a reference; ``length_ratio``, characters written to
        characters of the first reference.

    Raises:
        UsageError: nothing to compare, or a text without reference.
        MissingExtraError: sacrebleu or rouge-score is missing.
    """
    if not written or len(written) != len(references) or not all(references):
        raise UsageError("There is nothing to compare.", expected="texts with at least one reference each")
    right = [reference for several in references for reference in several]
    chinese = is_chinese(right)
    first = sum(len(several[0]) for several in references)
    return {
        **_bleu(written, references, chinese=chinese),
        **_rouge(written, references, plain=not chinese and all(text.isascii() for text in right)),
        "exact": sum(
            text.strip() in {r.strip() for r in several}
            for text, several in zip(written, references, strict=True)
        )
        / len(written),
        "length_ratio": sum(map(len, written)) / max(1, first),
    }


def _bleu(written: Sequence[str], references: Sequence[Sequence[str]], *, chinese: bool) -> dict[str, Any]:
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise MissingExtraError("lm", "BLEU and chrF") from error
    most = max(len(several) for several in references)
    # sacrebleu takes the first references of all texts, then the second ones, ..., None for a missing one.
    columns: Any = [[several[n] if n < len(several) else None for several in references] for n in range(most)]
    bleu, chrf = BLEU(tokenize="zh" if chinese else "13a"), CHRF()
    made: dict[str, Any] = {}
    for name, metric in (("bleu", bleu), ("chrf", chrf)):
        made[name] = float(metric.corpus_score(list(written), columns).score)
        made[f"{name}_signature"] = str(metric.get_signature())
    return made


def _rouge(written: Sequence[str], references: Sequence[Sequence[str]], *, plain: bool) -> dict[str, Any]:
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingExtraError("lm", "ROUGE") from error
    kinds = ["rouge1", "rouge2", "rougeL"]
    # Its own tokenizer drops every letter that is not English.
    scorer = RougeScorer(kinds, use_stemmer=True) if plain else RougeScorer(kinds, tokenizer=MixedTokenizer())
    sums = dict.fromkeys(kinds, 0.0)
    for text, several in zip(written, references, strict=True):
        scores = [scorer.score(reference, text) for reference in several]
        for kind in kinds:
            sums[kind] += max(score[kind].fmeasure for score in scores)
    means: dict[str, Any] = {kind: 100 * value / len(written) for kind, value in sums.items()}
    return means | {"rouge_tokens": "stemmed words" if plain else "words, Chinese characters"}
