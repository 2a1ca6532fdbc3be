"""Light English stemming: enough to match plurals, possessives and verb forms, never a whole new word."""

from __future__ import annotations

import re
from functools import lru_cache

_IRREGULAR = {
    "people": "person", "persons": "person", "children": "child", "men": "man", "women": "woman", "mice": "mouse",  # noqa: E501
    "feet": "foot", "teeth": "tooth", "geese": "goose", "lives": "life", "wives": "wife", "countries": "country",  # noqa: E501
    "cities": "city", "companies": "company", "movies": "movie", "series": "series", "species": "species",
    "data": "data", "news": "news", "status": "status", "address": "address", "addresses": "address",
    "business": "business", "class": "class", "classes": "class", "bus": "bus", "buses": "bus", "gas": "gas",
    "sold": "sell", "selling": "sell", "sells": "sell", "bought": "buy", "buying": "buy", "paid": "pay",
    "paying": "pay", "spent": "spend", "spending": "spend", "won": "win", "winning": "win", "wins": "win",
    "lost": "lose", "losing": "lose", "made": "make", "born": "born", "died": "die", "wrote": "write",
    "written": "write", "built": "build", "grew": "grow", "grown": "grow", "held": "hold", "ran": "run",
    "taught": "teach", "led": "lead", "took": "take", "taken": "take", "gave": "give", "given": "give",
    "got": "get", "went": "go", "gone": "go", "came": "come", "left": "leave", "met": "meet", "sent": "send",
    "shipped": "ship", "shipping": "ship", "drove": "drive", "driven": "drive", "flew": "fly", "flown": "fly",
    "indices": "index", "indexes": "index", "criteria": "criterion", "diagnoses": "diagnosis",
    "does": "do", "did": "do", "has": "have", "had": "have", "is": "be", "are": "be", "was": "be", "were": "be",  # noqa: E501
    "aged": "age", "us": "us", "plus": "plus", "less": "less", "across": "across", "sales": "sales", "mpg": "mpg",  # noqa: E501
    "gps": "gps", "analysis": "analysis", "basis": "basis", "his": "his", "this": "this", "its": "its",
    "thus": "thus", "yes": "yes", "always": "always", "was_": "be", "miles": "mile", "averages": "average",
    "houses": "house", "horses": "horse", "purchases": "purchase", "purchased": "purchase", "used": "use",
    "using": "use", "uses": "use", "based": "base", "axis": "axis", "axes": "axis", "taxes": "tax",
    "boxes": "box", "heroes": "hero", "potatoes": "potato", "shoes": "shoe", "movie": "movie",
    "died_": "die", "rating": "rating", "ratings": "rating", "building": "building", "buildings": "building",
    "earnings": "earnings", "listing": "listing", "listings": "listing", "population": "population",
}  # fmt: skip
_VOWEL = re.compile(r"[aeiouy]")
_DOUBLE = re.compile(r"([bdfgmnprt])\1$")


def _undouble(root: str) -> str:
    return root[:-1] if _DOUBLE.search(root) else root


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The dictionary form of an English word, roughly.

    >>> stem("cities"), stem("ordered"), stem("customer's"), stem("boxes"), stem("bus")
    ('city', 'order', 'customer', 'box', 'bus')
    """
    word = word.removesuffix("'s").removesuffix("'").replace("'", "")
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return stem(word[:-1]) if len(word) > 4 else word[:-1]
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    for suffix in ("ing", "ed"):
        if word.endswith(suffix):
            root = word[: -len(suffix)]
            if len(root) >= 3 and _VOWEL.search(root):
                return _ending_e(_undouble(root))
    return _ending_e(word)


def _ending_e(word: str) -> str:
    # "price", "priced" and "pricing" meet without their final e; short words keep it ("date", "type")
    return word[:-1] if word.endswith("e") and len(word) > 4 else word
