"""Talks to any endpoint that speaks OpenAI's chat completions protocol.

What is used of the protocol: ``POST {base_url}/chat/completions`` with ``model``, ``messages``,
``temperature``, ``seed``, ``max_tokens`` and ``response_format``
(https://platform.openai.com/docs/api-reference/chat). Servers such as vLLM, llama.cpp, Ollama and LM Studio
offer it too, some without ``response_format``: the client then does without.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from datalect.errors import MissingExtraError, ModelError
from datalect.planner.model_config import KEY_VARIABLE, ModelConfig, without_credentials

if TYPE_CHECKING:
    import ssl

    import httpx

# Statuses worth a second try: the server was busy, restarting or slow, and the request itself was fine.
_RETRYABLE = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
# How a server may be asked for JSON, strictest first. Servers answer 400 or 422 to what they do not know.
_FORMATS = ("json_schema", "json_object", "text")
_MAX_WAIT = 60.0
# A model that was silent for a whole time-out once may have been loading; silent twice, it stays so.
_TIMEOUTS_BORNE = 2
_EXCERPT = 300

Message = Mapping[str, str]

__all__ = ["ModelConfig", "OpenAIClient"]


class OpenAIClient:
    """A small client: one request, one text back, or a ``ModelError`` that says what to do.

    Redirects are not followed, so that the key never travels to a host nobody named.

    Args:
        config: the endpoint.
        sleep: waits between attempts; tests pass their own.
    """

    def __init__(self, config: ModelConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.config = config
        self._sleep = sleep
        self._format = _FORMATS[0]
        self._client: httpx.Client | None = None

    def __call__(self, prompt: str) -> str:
        """Answer one prompt with text."""
        return self.complete([{"role": "user", "content": prompt}])

    def request_body(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The JSON object that would be posted, apart from a longer ``max_tokens`` on a second try."""
        body: dict[str, Any] = {
            "model": self.config.model,
            "messages": [dict(message) for message in messages],
            "temperature": 0,
            "seed": 0,
            "max_tokens": self.config.max_tokens,
        }
        if schema is not None and self._format == "json_schema":
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "reply", "schema": dict(schema), "strict": False},
            }
        elif schema is not None and self._format == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def complete(self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None) -> str:
        """Send a conversation and return the text of the reply.

        Args:
            messages: ``role`` and ``content`` each.
            schema: JSON schema of the reply, sent where the server takes it; the reply is not validated.

        Raises:
            ModelError: the endpoint cannot be reached, refuses, or gives nothing usable.
        """
        body = self.request_body(messages, schema=schema)
        text, finish = self._content(self._post_settling_format(body, messages, schema))
        if finish == "length":
            body = self.request_body(messages, schema=schema)
            body["max_tokens"] = 2 * self.config.max_tokens
            text, finish = self._content(self._post(body))
            if finish == "length":
                raise self._error(
                    "The model's answer was cut off twice.",
                    expected=f"a complete answer within {body['max_tokens']} tokens",
                    next_step="Ask a simpler question, or use a model with a longer output.",
                )
        return text

    def close(self) -> None:
        """Close the connection. Calling it twice is harmless."""
        if self._client is not None:
            self._client.close()
            self._client = None

    # ---------------------------------------------------------------- one request

    def _post_settling_format(
        self, body: dict[str, Any], messages: Sequence[Message], schema: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Post; when the server does not take the response format, ask for less and remember that."""
        while True:
            try:
                return self._post(body)
            except _Rejected as rejected:
                if schema is None or self._format == _FORMATS[-1]:
                    raise rejected.error from None
                self._format = _FORMATS[_FORMATS.index(self._format) + 1]
                body = self.request_body(messages, schema=schema)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Post with retries and return the decoded JSON object."""
        import httpx

        data = json.dumps(body, ensure_ascii=False).encode()
        for attempt in range(1, self.config.attempts + 1):
            last = attempt == self.config.attempts
            try:
                status, headers, content = self._exchange(data)
            except httpx.ConnectError as error:
                # Nothing listens, the name is unknown or the certificate is wrong: waiting does not help.
                raise self._connect_error(error) from None
            except httpx.TimeoutException:
                if last or attempt == _TIMEOUTS_BORNE:
                    raise self._error(
                        f"The model endpoint did not answer within {self.config.timeout:g} seconds.",
                        next_step="Try again, raise --model-timeout, or use a smaller model.",
                    ) from None
                self._sleep(self._backoff(attempt))
                continue
            except httpx.HTTPError as error:
                if last:
                    raise self._error(
                        "The connection to the model endpoint broke off.",
                        received=type(error).__name__,
                        next_step="Try again; if it stays, look at the endpoint's own log.",
                    ) from None
                self._sleep(self._backoff(attempt))
                continue
            if status in _RETRYABLE and not last:
                self._sleep(_retry_after(headers) or self._backoff(attempt))
                continue
            return self._decoded(status, headers, content)
        raise AssertionError("the loop returns or raises")  # pragma: no cover

    def _exchange(self, data: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its whole response, bounded in time and size."""
        import httpx

        deadline = time.monotonic() + self.config.timeout
        with self._open().stream("POST", self.url, content=data) as response:
            parts, size = [], 0
            for part in response.iter_bytes():
                size += len(part)
                if size > self.config.max_bytes:
                    raise self._error(
                        "The model endpoint sent more than is read.",
                        expected=f"at most {self.config.max_bytes:,} bytes",
                        next_step="Check that the address is that of a model endpoint.",
                    )
                if time.monotonic() > deadline:  # a server that drips keeps every single read within its time
                    raise httpx.ReadTimeout("the response took too long in all")
                parts.append(part)
            return response.status_code, response.headers, b"".join(parts)

    def _open(self) -> httpx.Client:
        if self._client is None:
            try:
                import httpx
            except ImportError as error:  # httpx is in the core; a trimmed installation may lack it
                raise MissingExtraError("all", "Asking a model endpoint") from error

            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            if self.config.api_key:
                headers["Authorization"] = f"Bearer {self.config.api_key}"
            self._client = httpx.Client(
                headers=headers, timeout=self.config.timeout, follow_redirects=False, verify=_certificates()
            )
        return self._client

    @property
    def url(self) -> str:
        """Where requests are posted."""
        return self.config.base_url.rstrip("/") + "/chat/completions"

    def _backoff(self, attempt: int) -> float:
        """Seconds to wait: doubling, and half of it by chance so that clients do not march in step."""
        ceiling = min(_MAX_WAIT, float(2 ** (attempt - 1)))
        return ceiling / 2 + random.SystemRandom().uniform(0, ceiling / 2)

    # ---------------------------------------------------------------- reading a response

    def _decoded(self, status: int, headers: Mapping[str, str], content: bytes) -> dict[str, Any]:
        text = content.decode("utf-8", errors="replace")
        if status != 200:
            error = self._status_error(status, text)
            raise _Rejected(error) if status in (400, 422) else error
        try:
            reply = json.loads(text)
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict):
            kind = headers.get("content-type", "no content type")
            raise self._error(
                "The model endpoint answered, but not with a JSON object.",
                expected="application/json from /chat/completions",
                received=f"{kind}: {text[:_EXCERPT]}",
                next_step="Check the address; it usually ends in /v1.",
            )
        return reply

    def _content(self, reply: dict[str, Any]) -> tuple[str, str]:
        """The text of a reply and why it ended."""
        try:
            choice = reply["choices"][0]
            message = choice["message"]
            content = message.get("content")
            finish = str(choice.get("finish_reason") or "stop")
            refusal = message.get("refusal")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise self._error(
                "The model endpoint answered with something else than a chat completion.",
                expected='an object with "choices"',
                received=json.dumps(reply, ensure_ascii=False)[:_EXCERPT],
                next_step="Check the address and the model's name.",
            ) from None
        if refusal or finish == "content_filter":
            raise self._error(
                "The model endpoint declined to answer.",
                received=str(refusal or finish)[:_EXCERPT],
                next_step="Put the question differently, or use --planner lexical.",
            )
        if finish != "length" and (not isinstance(content, str) or not content.strip()):
            raise self._error(
                "The model's answer is empty.",
                received=f"finish_reason {finish}",
                next_step="Try again, or use another model.",
            )
        return (content if isinstance(content, str) else ""), finish

    # ---------------------------------------------------------------- errors

    def _status_error(self, status: int, text: str) -> ModelError:
        if status in (401, 403):
            what = "The model endpoint does not accept the key."
            then = f"Set {KEY_VARIABLE}, or name the variable that holds the key with --api-key-env."
        elif status == 404:
            what = "The model endpoint does not know this address or model."
            then = f"Check --base-url (it usually ends in /v1) and --model {self.config.model}."
        elif status == 429:
            what = "The model endpoint is over its rate limit, also after waiting."
            then = "Wait a while, or ask for a higher limit."
        elif 300 <= status < 400:
            what = "The model endpoint redirects elsewhere, which is not followed."
            then = "Give the final address with --base-url."
        elif status >= 500:
            what = "The model endpoint failed, also when tried again."
            then = "Look at the endpoint's own log, or try again later."
        else:
            what = "The model endpoint rejected the request."
            then = "Check the model's name and what the endpoint supports."
        return self._error(what, received=f"HTTP {status}: {_message(text)}", next_step=then)

    def _connect_error(self, error: Exception) -> ModelError:
        text = str(error)
        if "CERTIFICATE" in text.upper() or "SSL" in text.upper() or "TLS" in text.upper():
            return self._error(
                "The secure connection to the model endpoint could not be made.",
                received=text,
                next_step="Check http or https in --base-url; set SSL_CERT_FILE for a private certificate.",
            )
        return self._error(
            f"No model endpoint answers at {without_credentials(self.config.base_url)}.",
            received=text,
            next_step="Start it, or give its address with --base-url.",
        )

    def _error(self, what: str, *, expected: str = "", received: str = "", next_step: str = "") -> ModelError:
        """An error in which the key never appears, whatever the server echoed."""
        if self.config.api_key:
            received = received.replace(self.config.api_key, "[key]")
        return ModelError(what, expected=expected, received=received[: 2 * _EXCERPT], next_step=next_step)


class _Rejected(Exception):
    """The server found fault with the request itself (400 or 422)."""

    def __init__(self, error: ModelError) -> None:
        self.error = error
        super().__init__(str(error))


@cache
def _certificates() -> ssl.SSLContext:
    """What servers are trusted by, read once: reading it takes longer than many a request."""
    import httpx

    return httpx.create_ssl_context()


def _message(text: str) -> str:
    """The message inside an error body, however the server wraps it."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text[:_EXCERPT]
    for key in ("error", "message", "detail"):
        if isinstance(body, dict) and key in body:
            body = body[key]
    if isinstance(body, dict):
        body = body.get("message", body)
    return str(body)[:_EXCERPT]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds a server asks to wait, as a number or a date, at most a minute."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), _MAX_WAIT) if seconds == seconds else None
