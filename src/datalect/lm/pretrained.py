"""Bring your own model: a Hugging Face folder or hub name, and a GGUF file, as a `ScoringModel`.

GPT-2 and Llama folders with safetensors and a tokenizer.json run on our own Transformer; others, and GGUF
files, run on transformers. No code of a folder is run and no pickle is read.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from datalect.errors import CheckpointError, MissingExtraError, UsageError
from datalect.lm.architectures import build
from datalect.lm.base import Generation, GenerationOptions, Tokenizer
from datalect.lm.causal import CausalModel, State
from datalect.lm.config import ModelConfig
from datalect.lm.files import read_json, read_tensors
from datalect.lm.layouts import from_hf, from_hf_config
from datalect.lm.local import LocalModel
from datalect.lm.tokenizers.pretrained import PretrainedTokenizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WEIGHTS, _TOKENIZER = "model.safetensors", "tokenizer.json"


def open_hf(name: str, *, device: str = "cpu") -> LocalModel | TransformersModel:
    """Open a language model of the Hugging Face form.

    Args:
        name: a folder, or a name on the hub, which is fetched when it is not in the cache.
        device: ``cpu`` or ``cuda``.

    Raises:
        CheckpointError: there is none, it is damaged, or its weights are pickles.
        MissingExtraError: transformers is missing and the folder is of a layout that needs it.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if is_native(folder):
            module, tokenizer = load_native(folder)
            return LocalModel(module.to(device), tokenizer, folder.name)
        if not any(folder.glob("*.safetensors")):
            pickled = next((p.name for p in sorted(folder.glob("*.bin"))), "")
            raise CheckpointError(
                f"{folder.name} has no weights that are read.",
                expected="safetensors",
                received=f"{pickled}, a pickle, which can run code when read" if pickled else "",
                next_step="convert it to safetensors where you trust it",
            )
    return TransformersModel(*_through_transformers(name, {}), name=Path(name).name, device=device)


def open_gguf(path: Path, *, device: str = "cpu") -> TransformersModel:
    """Open a GGUF file; quantised weights become float32.

    Raises:
        CheckpointError: it cannot be read, or transformers does not know its architecture.
        MissingExtraError: the extra gguf is missing.
    """
    if not path.is_file():
        raise CheckpointError(f"There is no file {path}.", expected="a .gguf file")
    with path.open("rb") as stream:
        if stream.read(4) != b"GGUF":
            raise CheckpointError(f"{path.name} is no GGUF file.", expected="the letters GGUF at its start")
    try:
        import accelerate  # noqa: F401
        import gguf  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("gguf", "Reading GGUF files") from error
    made = _through_transformers(str(path.parent), {"gguf_file": path.name})
    return TransformersModel(*made, name=path.stem, device=device)


def is_native(folder: Path) -> bool:
    """Whether our own Transformer can run a folder."""
    if not ((folder / _WEIGHTS).is_file() and (folder / _TOKENIZER).is_file()):
        return False
    try:
        from_hf_config(read_json(folder / "config.json"), folder.name)
    except CheckpointError:
        return False
    return True


def load_native(folder: Path) -> tuple[CausalModel, PretrainedTokenizer]:
    """Our Transformer with the weights of a GPT-2 or Llama folder, and its tokenizer.

    Raises:
        CheckpointError: anything about the folder is wrong.
    """
    values = read_json(folder / "config.json")
    config = from_hf_config(values, folder.name)
    tokenizer = _tokenizer(folder, values)
    tensors = from_hf(read_tensors(folder / _WEIGHTS), config, folder.name)
    for name in ("embedding.weight", "head.weight"):
        if name in tensors:
            # Rows above the tokenizer's last id are padding that no text reaches.
            tensors[name] = tensors[name][: tokenizer.vocab_size]
    from dataclasses import replace

    config = replace(config, vocab_size=min(config.vocab_size, tokenizer.vocab_size))
    with torch.device("meta"):
        module = cast(CausalModel, build(config))
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wanted != found or config.vocab_size != tokenizer.vocab_size:
        name = next(iter(sorted(wanted.items() ^ found.items())), ("vocab_size", ()))[0]
        raise CheckpointError(
            f"{folder.name}: the weights do not fit the configuration at {name}.",
            expected=str(wanted.get(name, config.vocab_size)),
            received=str(found.get(name, tokenizer.vocab_size)),
        )
    module.load_state_dict(tensors, assign=True)
    return module.eval(), tokenizer


def _tokenizer(folder: Path, values: dict[str, Any]) -> PretrainedTokenizer:
    """The folder's tokenizer; documents end with its end-of-text token."""
    from tokenizers import Tokenizer as Library

    try:
        inner = Library.from_str((folder / _TOKENIZER).read_text(encoding="utf-8"))
    except Exception as error:  # the library raises plain Exception
        raise CheckpointError(
            f"{folder.name}/{_TOKENIZER} cannot be read.", received=str(error)[:200]
        ) from error
    end = values.get("eos_token_id")
    end = end[0] if isinstance(end, list) and end else end
    token = (
        inner.id_to_token(end) if isinstance(end, int) and not isinstance(end, bool) and end >= 0 else None
    )
    if token is None:
        raise CheckpointError(f"{folder.name} does not say which token ends a text.", received=str(end)[:60])
    return PretrainedTokenizer(inner, token, token)


# ---------------------------------------------------------------- through transformers


def _through_transformers(name: str, more: dict[str, Any]) -> tuple[Any, Any]:
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError("hf", "Opening this model") from error
    log: Any = transformers.utils.logging
    was = log.get_verbosity()
    log.set_verbosity_error()
    log.disable_progress_bar()
    try:
        # The progress bars of the GGUF reader know no switch.
        with contextlib.redirect_stderr(io.StringIO()):
            tokenizer = transformers.AutoTokenizer.from_pretrained(name, trust_remote_code=False, **more)
            weights = {} if more else {"use_safetensors": True}
            module = transformers.AutoModelForCausalLM.from_pretrained(
                name, trust_remote_code=False, dtype=torch.float32, **weights, **more
            )
    except Exception as error:  # the library raises whatever its many parts raise
        raise CheckpointError(
            f"{name} cannot be opened.",
            expected="a language model of the Hugging Face form with safetensors, or a GGUF file",
            received=f"{type(error).__name__}: {str(error)[:200]}",
            next_step="check the name; a hub name needs the network once",
        ) from error
    finally:
        log.set_verbosity(was)
    return module, tokenizer


class TransformersTokenizer:
    """A tokenizer of transformers behind our seam."""

    kind = "transformers"
    lossless = False

    def __init__(self, inner: Any, vocab_size: int, end_id: int) -> None:
        self.inner, self.vocab_size, self.end_id = inner, vocab_size, end_id

    def encode(self, text: str) -> list[int]:
        """Ids of a text; special tokens that it spells are read as plain text."""
        from datalect.lm.tokenizers.spelling import utf8

        utf8(text)
        ids: list[int] = self.inner.encode(text, add_special_tokens=False, split_special_tokens=True)
        return [number for number in ids if number != self.end_id]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens left out."""
        from datalect.lm.tokenizers.spelling import check_ids

        check_ids(ids, self.vocab_size)
        known = len(self.inner)
        text: str = self.inner.decode(
            [int(i) for i in ids if i < known],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        return text


class _Wrapped(CausalModel):
    """A model of transformers behind our seam of left-to-right models, so that generation is ours."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner
        self.config = ModelConfig(vocab_size=int(inner.config.get_text_config().vocab_size))

    @property
    def context(self) -> int | None:
        """Most tokens it can look back on."""
        most = getattr(self.inner.config.get_text_config(), "max_position_embeddings", None)
        return int(most) if isinstance(most, int) and most > 0 else None

    def start(self, batch: int, length: int) -> State:
        """All tokens are kept and read again: caches of transformers differ from model to model."""
        return None

    def forward(self, ids_BT: Tensor, state: State = None) -> tuple[Tensor, State]:
        """Logits take the place of hidden vectors."""
        whole = ids_BT if state is None else torch.cat([state, ids_BT], 1)
        logits = self.inner(input_ids=whole, use_cache=False).logits
        return logits[:, -ids_BT.shape[1] :], whole

    def logits(self, hidden: Tensor) -> Tensor:
        """They are logits already."""
        return hidden.float()

    def prefill(self, rows: list[list[int]], room: int) -> tuple[Tensor, State]:
        """Read one sequence."""
        if len(rows) != 1:
            raise UsageError("Rows are read one at a time.", received=str(len(rows)))
        device = next(self.parameters()).device
        hidden, state = self(torch.tensor(rows, device=device))
        return hidden[:, -1], state

    def trim(self, state: State, lengths: list[int]) -> State:
        """Nothing is padded."""
        return state


class TransformersModel:
    """A language model of transformers.

    Args:
        module: an ``AutoModelForCausalLM``.
        tokenizer: its ``AutoTokenizer``.
        name: for people.
        device: where it runs.
    """

    def __init__(self, module: Any, tokenizer: Any, *, name: str, device: str = "cpu") -> None:
        wrapped = _Wrapped(module.to(device)).eval()
        end = tokenizer.eos_token_id
        if end is None:
            end = getattr(module.config, "eos_token_id", None)
        if isinstance(end, list):
            end = end[0] if end else None
        if end is None:
            raise CheckpointError(f"{name} does not say which token ends a text.")
        seam = TransformersTokenizer(tokenizer, wrapped.config.vocab_size, int(end))
        self._local = LocalModel(wrapped, seam, name)

    @property
    def name(self) -> str:
        """Name for people."""
        return self._local.name

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        return self._local.tokenizer

    @property
    def context(self) -> int | None:
        """Most tokens it can look back on."""
        return self._local.context

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""
        return self._local.encode(text)

    def logits(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Logits of the token after each position.

        Raises:
            UsageError: no ids, more than the context, or an id outside the vocabulary.
        """
        if self.context is not None and len(ids) > self.context:
            raise UsageError(
                "The text is longer than the model's context.",
                expected=f"at most {self.context} tokens",
                received=str(len(ids)),
            )
        return self._local.logits(ids)

    def generate(self, prompts: Sequence[str], options: GenerationOptions) -> list[Generation]:
        """Continue each prompt, one after the other."""
        return [self._local.generate([prompt], options)[0] for prompt in prompts]

    def stream(self, prompt: str, options: GenerationOptions) -> Iterator[str]:
        """Continue a prompt piece by piece."""
        return self._local.stream(prompt, options)
