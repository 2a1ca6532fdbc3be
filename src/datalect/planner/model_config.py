"""Which language-model endpoint to ask, from options or the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from datalect.errors import UsageError

BASE_URL_VARIABLE = "DATALECT_BASE_URL"
MODEL_VARIABLE = "DATALECT_MODEL"
KEY_VARIABLE = "DATALECT_API_KEY"
DEFAULT_BASE_URL = "http://localhost:8000/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Which endpoint to ask, and how patiently.

    Attributes:
        base_url: address up to and including the version part, such as ``http://localhost:11434/v1``.
        model: name the endpoint knows the model by.
        api_key: sent as a bearer token when not empty; never shown, logged or put into an error.
        timeout: seconds one attempt may take in all.
        attempts: how often a request is tried when the server is busy or the connection breaks.
        max_tokens: length asked for; doubled once when an answer comes back cut off.
        max_bytes: longest response body that is read.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout: float = 60.0
    attempts: int = 4
    max_tokens: int = 2048
    max_bytes: int = 4 * 1024 * 1024

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
        except ValueError:  # such as an unclosed bracket
            parts = urlsplit("")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(
                "The address of the model endpoint is not a web address.",
                expected="something like http://localhost:11434/v1 or https://api.example.com/v1",
                received=without_credentials(self.base_url),
                next_step=f"Set --base-url or {BASE_URL_VARIABLE}.",
            )
        if not self.model.strip():
            raise UsageError(
                "No model is named.",
                expected="the name the endpoint knows the model by",
                next_step=f"Set --model or {MODEL_VARIABLE}.",
            )
        if self.api_key and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise UsageError(
                "The key for the model endpoint holds characters that cannot be sent in a header.",
                expected="printable ASCII without line breaks",
                next_step=f"Check the value of {KEY_VARIABLE}; a trailing line break is the usual cause.",
            )
        if self.timeout <= 0 or self.attempts < 1 or self.max_tokens < 1 or self.max_bytes < 1:
            raise UsageError(
                "A limit for the model endpoint is not positive.",
                expected="timeout, attempts, max_tokens and max_bytes above 0",
            )

    @classmethod
    def from_environment(
        cls,
        *,
        base_url: str | None = None,
        model: str | None = None,
        api_key_env: str | None = None,
        timeout: float | None = None,
    ) -> ModelConfig:
        """Options where given, else ``DATALECT_BASE_URL``, ``DATALECT_MODEL`` and ``DATALECT_API_KEY``.

        Raises:
            UsageError: no model is named, the address is not one, or ``api_key_env`` names an unset variable.
        """
        if api_key_env is not None and api_key_env not in os.environ:
            raise UsageError(
                # The name is not repeated: it may be the key itself, given by mistake.
                "The environment has no variable of the name given with --api-key-env.",
                expected="the name of a variable, not the key itself",
                next_step=f"Set {KEY_VARIABLE} and leave --api-key-env out, or name the variable you set.",
            )
        return cls(
            base_url=base_url or os.environ.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL,
            model=model or os.environ.get(MODEL_VARIABLE, ""),
            api_key=os.environ.get(api_key_env or KEY_VARIABLE, "").strip(),
            timeout=60.0 if timeout is None else timeout,
        )


def without_credentials(url: str) -> str:
    """The address without a user name or password written into it."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path, "", ""))
    except ValueError:
        return "an address that cannot be read"
