"""Options that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from datalect.errors import UsageError

if TYPE_CHECKING:
    from datalect.dataset import Dataset
    from datalect.engine.base import Limits
    from datalect.planner.llm import LLMPlanner
    from datalect.planner.model_config import ModelConfig

Language = Literal["en", "zh"]
# A source or a question: always text when it arrives. The Path makes shells complete file names.
Word = str | Path
# What a lone "-" is while the command line is parsed, which would take it for an option without a name.
STANDARD_INPUT = "(standard input)"


def texts(words: Sequence[Word]) -> list[str]:
    """Words as they were typed."""
    return ["-" if str(word) == STANDARD_INPUT else str(word) for word in words]


_UNNAMED = "MODEL"

_SOURCES = Group("Reading", sort_key=10)
_LIMITS = Group("Limits", sort_key=20)
_MODEL = Group("Language model (nothing is sent unless you choose one)", sort_key=30)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """How sources are read and how much a query may use."""

    glossary: Annotated[Path | None, Parameter(group=_SOURCES)] = None
    """YAML file with synonyms, metrics, hidden columns and value aliases."""
    limit_seconds: Annotated[float | None, Parameter(group=_LIMITS)] = None
    """Wall-clock seconds one query may take (default 30)."""
    limit_memory: Annotated[int | None, Parameter(group=_LIMITS)] = None
    """MiB of memory one query may take (default 2048)."""
    limit_rows: Annotated[int | None, Parameter(group=_LIMITS)] = None
    """Rows a query may return; more are cut and the output says so (default 100000)."""

    def limits(self) -> Limits:
        """The limits asked for, the engine's own where none is."""
        from datalect.engine.base import Limits

        for option in ("limit_seconds", "limit_memory", "limit_rows"):
            value = getattr(self, option)
            if value is not None and not value > 0:
                raise UsageError(
                    f"--{option.replace('_', '-')} is not positive.",
                    expected="a number above 0",
                    received=str(value),
                )
        usual = Limits()
        return Limits(
            seconds=self.limit_seconds or usual.seconds,
            memory_mb=self.limit_memory or usual.memory_mb,
            rows=self.limit_rows or usual.rows,
        )

    def open(self, sources: Sequence[str | tuple[str, str]], *, quiet: bool = False) -> Dataset:
        """Open sources named on the command line, with a progress bar on a terminal unless ``quiet``."""
        from datalect.data.progress import TerminalProgress
        from datalect.dataset import open as open_dataset

        limits = self.limits()
        if quiet or not sys.stderr.isatty():
            return open_dataset(*sources, glossary=self.glossary, limits=limits)
        with TerminalProgress() as progress:
            return open_dataset(*sources, glossary=self.glossary, limits=limits, progress=progress)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which planner reads the question, and which endpoint it may ask."""

    planner: Annotated[Literal["lexical", "llm"] | None, Parameter(group=_MODEL)] = None
    """Who reads the question: lexical (offline, the default) or llm (chosen when --model is given)."""
    model: Annotated[str | None, Parameter(group=_MODEL)] = None
    """Name of the model at the endpoint; else DATALECT_MODEL."""
    base_url: Annotated[str | None, Parameter(group=_MODEL)] = None
    """Address of an OpenAI-compatible endpoint; else DATALECT_BASE_URL, else http://localhost:8000/v1."""
    api_key_env: Annotated[str | None, Parameter(group=_MODEL)] = None
    """Name of the environment variable that holds the key (default DATALECT_API_KEY)."""
    model_timeout: Annotated[float | None, Parameter(group=_MODEL)] = None
    """Seconds to wait for one reply of the model (default 60)."""
    share_samples: Annotated[bool, Parameter(negative="", show_default=False, group=_MODEL)] = False
    """Also send the most frequent values of each column. Without it no cell leaves the machine."""
    show_prompt: Annotated[bool, Parameter(negative="", show_default=False, group=_MODEL)] = False
    """Print exactly what would be sent to the model, and send nothing."""
    rephrase: Annotated[bool, Parameter(negative="", show_default=False, group=_MODEL)] = False
    """Let the model reword the answer; shown only when every number and name in it is proven."""

    @property
    def uses_model(self) -> bool:
        """Whether the question is read by a language model."""
        return self.planner == "llm" or (self.planner is None and self.model is not None)

    def config(self) -> ModelConfig:
        """The endpoint named by options or environment."""
        from datalect.planner.model_config import MODEL_VARIABLE, ModelConfig

        # Showing what would be sent needs no model; sending does.
        unnamed = os.environ.get(MODEL_VARIABLE, _UNNAMED)
        return ModelConfig.from_environment(
            base_url=self.base_url,
            model=self.model or (unnamed if self.show_prompt else None),
            api_key_env=self.api_key_env,
            timeout=self.model_timeout,
        )

    def llm_planner(self) -> LLMPlanner | None:
        """The planner over the endpoint, or None when the lexical planner is wanted."""
        if not (self.uses_model or self.show_prompt):
            if self.share_samples:
                raise UsageError(
                    "--share-samples says what a language model may see, but none is chosen.",
                    next_step="Add --model NAME, or leave --share-samples out.",
                )
            return None
        from datalect.planner.llm import LLMPlanner

        return LLMPlanner(self.config(), share_samples=self.share_samples)

    def rephraser(self) -> Callable[[str], str] | None:
        """What may reword an answer: the endpoint, or None unless ``--rephrase`` is given."""
        if not self.rephrase:
            return None
        from datalect.planner.openai_client import OpenAIClient

        return OpenAIClient(self.config())
