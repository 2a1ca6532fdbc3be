"""Every error a user of Datalect can meet.

DatalectError                 something went wrong and the message says what to do (exit code 1)
├── UsageError                a wrong argument or option                           (exit code 2)
├── SourceError               a source that cannot be read                         (exit code 3)
│   └── CheckpointError       a model folder that is damaged, hostile or unknown   (exit code 3)
├── RefusedError              a question, plan or SQL text that is not answered    (exit code 4)
│   ├── PlanError             a plan the checker does not accept
│   └── GateError             SQL the gate does not let through
├── ModelError                a language model that failed: endpoint or training   (exit code 4)
├── MissingExtraError         an optional dependency that is not installed         (exit code 5)
└── LimitError                a time, memory or size limit that was hit            (exit code 6)
"""

from __future__ import annotations

from typing import Any, ClassVar


class DatalectError(Exception):
    """Base of all errors shown to users.

    Args:
        what: what went wrong, one sentence.
        expected: what would have been right.
        received: what was found instead.
        next_step: what the reader can do now.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, expected: str = "", received: str = "", next_step: str = "") -> None:
        self.what = what
        self.expected = expected
        self.received = received
        self.next_step = next_step
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        if self.expected:
            parts.append(f"Expected: {self.expected}")
        if self.received:
            parts.append(f"Received: {self.received}")
        if self.next_step:
            parts.append(f"Next: {self.next_step}")
        return "\n".join(parts)


class UsageError(DatalectError):
    """A wrong argument or option."""

    exit_code = 2


class SourceError(DatalectError):
    """A file, folder, database or object that cannot be read as a table."""

    exit_code = 3


class CheckpointError(SourceError):
    """A model folder or training checkpoint that is damaged, hostile or of an unknown form."""


class RefusedError(DatalectError):
    """A question, plan or SQL text that is not answered."""

    exit_code = 4


class PlanError(RefusedError):
    """A plan the checker does not accept.

    Args:
        code: a stable name of the rule that was broken, such as ``unknown_column``.
        at: where in the plan, such as ``get[0].col``.
        candidates: the nearest things that would have been accepted, best first.
    """

    def __init__(
        self,
        what: str,
        *,
        code: str,
        at: str = "",
        candidates: tuple[Any, ...] = (),
        expected: str = "",
        received: str = "",
        next_step: str = "",
    ) -> None:
        self.code = code
        self.at = at
        self.candidates = candidates
        super().__init__(what, expected=expected, received=received, next_step=next_step)


class GateError(RefusedError):
    """SQL the gate does not let through."""


class ModelError(DatalectError):
    """A language model that failed: an endpoint without a usable answer, a training run that diverged."""

    exit_code = 4


class MissingExtraError(DatalectError):
    """An optional dependency that is not installed.

    Args:
        extra: the extra of this package that brings it, such as ``files``.
        feature: what needs it, for the message.
    """

    exit_code = 5

    def __init__(self, extra: str, feature: str) -> None:
        self.extra = extra
        super().__init__(
            f"{feature} needs the optional extra [{extra}], which is not installed.",
            next_step=f"pip install 'datalect[{extra}]'",
        )


class LimitError(DatalectError):
    """A limit that was hit.

    Args:
        limit: which one: ``time``, ``memory``, ``rows``, ``bytes``, ``disk``, ``length`` or
            ``queue``.
        retry_after: seconds after which it is worth trying again, where waiting helps.
    """

    exit_code = 6

    def __init__(
        self,
        what: str,
        *,
        limit: str,
        expected: str = "",
        received: str = "",
        next_step: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.limit = limit
        self.retry_after = retry_after
        super().__init__(what, expected=expected, received=received, next_step=next_step)
