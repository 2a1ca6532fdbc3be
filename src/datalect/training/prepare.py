"""From files to token shards and a tokenizer, kept in the run folder for the next time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from datalect.errors import CheckpointError
from datalect.lm.base import Tokenizer
from datalect.lm.files import digest, read_json, write_bytes, write_json
from datalect.lm.tokenizers import load_tokenizer, tokenizer_json, train_tokenizer
from datalect.training.config import Recipe
from datalect.training.shards import TokenShards, read_shards, write_shards
from datalect.training.split import Documents, split_corpus
from datalect.training.text import Corpus, open_corpus

_FOLDER = "tokens"


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Everything a language model is trained on."""

    tokenizer: Tokenizer
    train: TokenShards
    valid: TokenShards
    train_size: dict[str, int]
    """Tokens, documents, characters, bytes and words."""
    valid_size: dict[str, int]
    parted: str
    """How the validation part was chosen."""
    digest: str
    """Of the data files and of what decides the shards."""


def prepare(
    data: Path,
    recipe: Recipe,
    run: Path,
    *,
    valid: Path | None,
    note: Callable[[str], None],
    tokenizer: Tokenizer | None = None,
) -> Prepared:
    """Tokenizer and shards for a recipe, made anew unless the run folder holds those of the same data.

    Args:
        data: the training files.
        recipe: decides the tokenizer and the split.
        run: the run folder.
        valid: validation files, or None to part the data.
        note: told what is being done.
        tokenizer: of a model that is trained further; None to make one from the training part.

    Raises:
        SourceError: a file cannot be read.
        UsageError: there is too little text.
    """
    corpus = open_corpus(data, recipe.data.text_column)
    held = open_corpus(valid, recipe.data.text_column) if valid else None
    key = _digest(corpus, held, recipe, tokenizer)
    folder = run / _FOLDER
    found = _found(folder, key)
    if found is not None:
        return found
    parted = "a file of its own"
    train_part: Documents = corpus.documents
    valid_part: Documents
    if held is not None:
        valid_part = held.documents
    else:
        train_part, valid_part, parted = split_corpus(
            corpus, how=recipe.data.split, share=recipe.data.valid, seed=recipe.run.seed
        )
    kind = tokenizer.kind if tokenizer else recipe.tokenizer.kind
    note(f"Reading {data.name}: tokenizer {kind}, validation on {parted}.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prepared.json").unlink(missing_ok=True)
    used = tokenizer or train_tokenizer(recipe.tokenizer, train_part())
    content, how = tokenizer_json(used)
    write_bytes(folder / "tokenizer.json", content)
    for name, part in (("train", train_part), ("valid", valid_part)):
        write_shards(folder, name, part(), used, separate=_several(part))
    write_json(folder / "prepared.json", {"digest": key, "tokenizer": how, "parted": parted})
    made = _found(folder, key)
    if made is None:
        raise CheckpointError("The token shards vanished.", next_step="train again")
    return made


def _several(part: Documents) -> bool:
    """Whether there is more than one document, so that ends have to be marked."""
    documents: Iterator[str] = part()
    return sum(1 for _ in zip(range(2), documents, strict=False)) == 2


def _found(folder: Path, key: str) -> Prepared | None:
    if not (folder / "prepared.json").exists():
        return None
    about = read_json(folder / "prepared.json")
    if about.get("digest") != key:
        return None
    tokenizer = load_tokenizer(folder, "tokenizer", about["tokenizer"])
    train, train_size = read_shards(folder, "train")
    valid, valid_size = read_shards(folder, "valid")
    return Prepared(
        tokenizer=tokenizer,
        train=train,
        valid=valid,
        train_size=train_size,
        valid_size=valid_size,
        parted=about["parted"],
        digest=key,
    )


def _digest(corpus: Corpus, held: Corpus | None, recipe: Recipe, tokenizer: Tokenizer | None) -> str:
    whole = hashlib.sha256()
    for part in (corpus, held):
        for file in part.files if part else ():
            whole.update(digest(file).encode())
        whole.update(b"|")
    data = recipe.data
    decides = [
        recipe.tokenizer.to_dict(),
        data.text_column,
        data.valid,
        data.split,
        recipe.run.seed if not held else 0,
    ]
    whole.update(json.dumps(decides, sort_keys=True).encode())
    if tokenizer is not None:
        whole.update(tokenizer_json(tokenizer)[0])
    return whole.hexdigest()
