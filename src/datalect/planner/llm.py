"""Questions to plans with a language model at an OpenAI-compatible endpoint.

The model sees the question, the names in the catalog and the form of a plan, and replies with plans. Each
plan is parsed and checked like any other; what does not pass goes back at most twice with the checker's
message, and is then refused. Values are linked here, after the reply: the model writes them as the question
does and never learns how they are stored. No word of the model reaches the reader.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from datalect.planner.base import Interpretation, Language, Question
from datalect.planner.llm_prompt import first_messages, repair_message, reply_schema
from datalect.planner.llm_reply import Fault, ReplyReader, refused
from datalect.planner.llm_values import Placeholders

if TYPE_CHECKING:
    from datalect.data.model import Catalog
    from datalect.data.values import ValueIndex
    from datalect.plan.model import Plan
    from datalect.planner.model_config import ModelConfig
    from datalect.planner.openai_client import OpenAIClient

_REPAIRS = 2
_LONGEST_QUESTION = 4000
_REMEMBERED = 256


class LLMPlanner:
    """A planner over an OpenAI-compatible endpoint.

    Deterministic as far as the endpoint is: temperature and seed are 0, and a planner sends the same request
    only once in its life. Safe to share between threads.

    Args:
        config: the endpoint; from the environment when neither it nor ``client`` is given.
        share_samples: whether frequent values and ranges of columns may be sent. Without it no cell is.
        client: what sends the conversation, for other protocols.
    """

    name = "llm"

    def __init__(
        self,
        config: ModelConfig | None = None,
        *,
        share_samples: bool = False,
        client: OpenAIClient | None = None,
    ) -> None:
        from datalect.planner.model_config import ModelConfig
        from datalect.planner.openai_client import OpenAIClient

        self._client = client or OpenAIClient(config or ModelConfig.from_environment())
        self._share_samples = share_samples
        self._replies: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def interpret(self, question: Question, catalog: Catalog, values: ValueIndex) -> Interpretation:
        """Read a question with the model.

        Raises:
            ModelError: the endpoint cannot be reached or gives nothing usable. No text of a question raises.
        """
        language = _language(question)
        if len(question.text) > _LONGEST_QUESTION:
            return refused(language, "too_long", limit=_LONGEST_QUESTION)
        placeholders = Placeholders()
        messages = self._messages(question, catalog, placeholders)
        reader = ReplyReader(
            question.text, language, catalog, values, placeholders, share_samples=self._share_samples
        )
        fault = Fault("")
        for _ in range(1 + _REPAIRS):
            text = self._reply(messages)
            try:
                return reader.read(text)
            except Fault as found:
                fault = found
            messages = [
                *messages,
                {"role": "assistant", "content": text},
                repair_message(fault.for_model),
            ]
        return refused(language, "no_plan", fault=fault.for_reader)

    def show_prompt(
        self,
        question: str,
        catalog: Catalog,
        *,
        language: Language | None = None,
        previous: Plan | None = None,
    ) -> str:
        """What would be sent for a question, as text for people. Nothing is sent."""
        body = self.request_body(question, catalog, language=language, previous=previous)
        parts = [f"POST {self._client.url}"]
        parts += [f"--- {message['role']} ---\n{message['content']}" for message in body["messages"]]
        rest = {key: value for key, value in body.items() if key != "messages"}
        parts.append(f"--- besides the messages ---\n{json.dumps(rest, ensure_ascii=False)}")
        return "\n\n".join(parts)

    def request_body(
        self,
        question: str,
        catalog: Catalog,
        *,
        language: Language | None = None,
        previous: Plan | None = None,
    ) -> dict[str, Any]:
        """The JSON object that would be posted first for a question. Nothing is sent."""
        asked = Question(text=question, language=language, previous=previous)
        messages = self._messages(asked, catalog, Placeholders())
        return self._client.request_body(messages, schema=reply_schema())

    def close(self) -> None:
        """Close the connection to the endpoint."""
        self._client.close()

    def _messages(
        self, question: Question, catalog: Catalog, placeholders: Placeholders
    ) -> list[dict[str, str]]:
        previous = None
        if question.previous is not None:
            previous = question.previous.to_json()
            if not self._share_samples:
                # Its values were linked to cells: the model gets stand-ins that it can keep or drop.
                previous = placeholders.hide(previous)
        return first_messages(question, catalog, share_samples=self._share_samples, previous=previous)

    def _reply(self, messages: Sequence[dict[str, str]]) -> str:
        key = json.dumps(messages)
        with self._lock:
            if key in self._replies:
                self._replies.move_to_end(key)
                return self._replies[key]
        text = self._client.complete(messages, schema=reply_schema())
        with self._lock:
            self._replies[key] = text
            while len(self._replies) > _REMEMBERED:
                self._replies.popitem(last=False)
        return text


def _language(question: Question) -> Language:
    if question.language is not None:
        return question.language
    from datalect.planner.linking.text import detect_language

    return detect_language(question.text)
