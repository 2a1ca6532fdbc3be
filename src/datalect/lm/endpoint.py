"""Bring your own model: an endpoint that speaks OpenAI's completions protocol, as a `LanguageModel`.

Requests are ``POST {base_url}/completions`` with ``model``, ``prompt``, ``max_tokens``, ``temperature``,
``top_p``, ``stop``, ``seed`` and ``stream`` (https://platform.openai.com/docs/api-reference/completions).
vLLM, llama.cpp, Ollama and LM Studio offer it. A server that knows chats only answers 404 to it; each prompt
is then one user message of ``/chat/completions``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datalect.errors import ModelError, UsageError
from datalect.lm.base import Generation, GenerationOptions, StopReason
from datalect.lm.tokenizers.spelling import utf8

if TYPE_CHECKING:
    import httpx

KEY_VARIABLE = "DATALECT_API_KEY"
_MOST_BYTES = 16 << 20
_EXCERPT = 300


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a model answers."""

    base_url: str
    """Such as ``http://localhost:8000/v1``."""
    model: str
    """Its name there."""
    api_key: str = ""
    timeout: float = 120.0
    """Seconds to wait for the next part of an answer."""


def parse_endpoint(spec: str, *, api_key: str | None = None) -> Endpoint:
    """An endpoint from ``http://host/v1#model``; the key comes from ``DATALECT_API_KEY``.

    Raises:
        UsageError: the address or the model is missing.
    """
    import httpx

    address, _, model = spec.partition("#")
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise UsageError("The endpoint's address is none.", received=str(error)[:100]) from error
    if url.scheme not in ("http", "https") or not url.host or not model or url.userinfo:
        raise UsageError(
            "An endpoint is named by its address and the model's name there.",
            expected="http://localhost:8000/v1#model, without a password",
            received=address.rpartition("@")[2][:100],
        )
    key = os.environ.get(KEY_VARIABLE, "") if api_key is None else api_key
    return Endpoint(base_url=address.rstrip("/"), model=model, api_key=key)


class EndpointModel:
    """A model behind an endpoint. Prompts leave this process; redirects are not followed.

    Args:
        endpoint: where it answers.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._chat = False
        self._client: httpx.Client | None = None

    @property
    def name(self) -> str:
        """The model's name at the endpoint."""
        return self.endpoint.model

    def encode(self, text: str) -> list[int]:
        """UTF-8 bytes: the protocol does not tell the model's own tokens."""
        return list(utf8(text))

    def generate(self, prompts: Sequence[str], options: GenerationOptions) -> list[Generation]:
        """Continue each prompt with a request of its own.

        Raises:
            UsageError: a prompt is empty, or an option has no counterpart in the protocol.
            ModelError: the endpoint cannot be reached or gives nothing usable.
        """
        return [self._generate(prompt, options) for prompt in prompts]

    def _generate(self, prompt: str, options: GenerationOptions) -> Generation:
        reply = self._json(self._post(prompt, options))
        try:
            choice = reply["choices"][0]
            text = choice["message"]["content"] if self._chat else choice["text"]
            told = choice.get("finish_reason")
            counted = (reply.get("usage") or {}).get("completion_tokens")
            text = str(text or "")
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise self._error(
                "The endpoint answered with something else than a completion.",
                received=json.dumps(reply, ensure_ascii=False)[:_EXCERPT],
            ) from error
        cut, stopped = _cut(text, options.stop)
        reason: StopReason = "stop" if stopped or (told == "stop" and options.stop) else "end"
        if told == "length" and not stopped:
            reason = "length"
        tokens = counted if isinstance(counted, int) and counted > 0 else max(1, len(self.encode(cut)))
        return Generation(prompt=prompt, text=cut, tokens=min(tokens, options.max_tokens), reason=reason)

    def stream(self, prompt: str, options: GenerationOptions) -> Iterator[str]:
        """Continue a prompt piece by piece, as the server sends them.

        Raises:
            UsageError: the prompt is empty, or an option has no counterpart in the protocol.
            ModelError: the endpoint cannot be reached or gives nothing usable.
        """
        import httpx

        from datalect.lm.local import settled

        text, told = "", 0
        try:
            for piece in self._pieces(prompt, options):
                text += piece
                cut, stopped = _cut(text, options.stop)
                safe = cut if stopped else settled(text, options.stop)
                if len(safe) > told:
                    yield safe[told:]
                    told = len(safe)
                if stopped:
                    return
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if len(text) > told:
            yield text[told:]

    # ------------------------------------------------------------ requests

    def _body(self, prompt: str, options: GenerationOptions, *, stream: bool) -> dict[str, Any]:
        if not prompt:
            raise UsageError("The prompt is empty.", expected="at least one character")
        if options.beams > 1:
            raise UsageError("An endpoint has no beam search.", expected="beams of 1")
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
        }
        body |= {"messages": [{"role": "user", "content": prompt}]} if self._chat else {"prompt": prompt}
        # What is not in OpenAI's protocol goes along only when asked for; servers without it say so.
        asked = {"top_k": (options.top_k, 0), "min_p": (options.min_p, 0.0)}
        asked["repetition_penalty"] = (options.repetition_penalty, 1.0)
        body |= {name: value for name, (value, default) in asked.items() if value != default}
        body |= {"stop": list(options.stop)} if options.stop else {}
        body |= {"seed": options.seed} if options.seed is not None else {}
        return body | ({"stream": True} if stream else {})

    def _post(self, prompt: str, options: GenerationOptions) -> bytes:
        import httpx

        try:
            for _ in range(2):
                body = self._body(prompt, options, stream=False)
                with self._open().stream("POST", self._url(), json=body) as response:
                    content = self._read(response)
                    if response.status_code == 404 and not self._chat:
                        self._chat = True
                        continue
                    self._check(response.status_code, content)
                    return content
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        raise self._error("The endpoint knows neither completions nor chats.")

    def _pieces(self, prompt: str, options: GenerationOptions) -> Iterator[str]:
        """Texts of server-sent events."""
        for _ in range(2):
            body = self._body(prompt, options, stream=True)
            with self._open().stream("POST", self._url(), json=body) as response:
                if response.status_code == 404 and not self._chat:
                    self._chat = True
                    continue
                if response.status_code != 200:
                    self._check(response.status_code, self._read(response))
                size = 0
                for line in response.iter_lines():
                    size += len(line)
                    if size > _MOST_BYTES:
                        raise self._error("The endpoint sent more than is read.")
                    if not line.startswith("data:") or line[5:].strip() == "[DONE]":
                        continue
                    event = self._json(line[5:].encode())
                    for choice in event.get("choices") or []:
                        part = choice.get("delta", {}).get("content") if self._chat else choice.get("text")
                        if isinstance(part, str):
                            yield part
                return

    def _read(self, response: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > _MOST_BYTES:
                raise self._error(
                    "The endpoint sent more than is read.", expected=f"at most {_MOST_BYTES:,} bytes"
                )
            parts.append(part)
        return b"".join(parts)

    def _url(self) -> str:
        return self.endpoint.base_url + ("/chat/completions" if self._chat else "/completions")

    def _open(self) -> httpx.Client:
        if self._client is None:
            import httpx

            key = self.endpoint.api_key
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            self._client = httpx.Client(
                headers=headers, timeout=self.endpoint.timeout, follow_redirects=False
            )
        return self._client

    def close(self) -> None:
        """Close the connection. Calling it twice is harmless."""
        if self._client is not None:
            self._client.close()
            self._client = None

    # ------------------------------------------------------------ errors

    def _json(self, content: bytes) -> Mapping[str, Any]:
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self._error(
                "The endpoint answered, but not with a JSON object.",
                received=content[:_EXCERPT].decode(errors="replace"),
            )
        return value

    def _check(self, status: int, content: bytes) -> None:
        if status != 200:
            raise self._error(
                "The endpoint rejected the request.",
                received=f"HTTP {status}: {content[:_EXCERPT].decode(errors='replace')}",
                next_step=f"check the address, the model's name and {KEY_VARIABLE}",
            )

    def _unreachable(self, error: Exception) -> ModelError:
        return self._error(
            f"No model endpoint answers at {self.endpoint.base_url}.",
            received=f"{type(error).__name__}: {str(error)[:_EXCERPT]}",
            next_step="start it, or check its address",
        )

    def _error(self, what: str, *, expected: str = "", received: str = "", next_step: str = "") -> ModelError:
        """An error in which the key never appears, whatever the server echoed."""
        if self.endpoint.api_key:
            received = received.replace(self.endpoint.api_key, "[key]")
        return ModelError(what, expected=expected, received=received, next_step=next_step)


def _cut(text: str, stops: tuple[str, ...]) -> tuple[str, bool]:
    """A text up to the first stop text, and whether there was one."""
    at = min((place for place in (text.find(stop) for stop in stops) if place >= 0), default=-1)
    return (text[:at], True) if at >= 0 else (text, False)
