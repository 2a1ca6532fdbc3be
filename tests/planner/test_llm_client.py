"""The client against a real HTTP server that behaves in all the ways servers do."""

from __future__ import annotations

import json
import logging
import time
from email.utils import formatdate

import pytest

from datalect.errors import ModelError, UsageError
from datalect.planner.model_config import ModelConfig
from datalect.planner.openai_client import OpenAIClient
from model_server import Say, closed_port, model_server

KEY = "sk-secret-0123456789"
MESSAGES = [{"role": "user", "content": "hello"}]
SCHEMA = {"type": "object"}


def client(server, **options):
    waits = []
    options.setdefault("timeout", 5.0)
    config = ModelConfig(base_url=server.base_url, model="m", api_key=KEY, **options)
    made = OpenAIClient(config, sleep=waits.append)
    made.waits = waits
    return made


@pytest.fixture(autouse=True)
def _no_open_connections():
    yield
    import gc

    gc.collect(1)  # what a test just dropped is young; looking through everything takes a second


def fails(script, *, schema=None, **options):
    """The error a script leads to, with the checks every error must pass."""
    with model_server(*script) as server:
        asking = client(server, **options)
        try:
            with pytest.raises(ModelError) as caught:
                asking.complete(MESSAGES, schema=schema)
        finally:
            asking.close()
    error = caught.value
    assert error.exit_code == 4
    assert error.next_step
    assert KEY not in str(error) + repr(error) + repr(error.__dict__)
    return error, server, asking


def test_a_plain_exchange_sends_what_the_protocol_asks_for():
    with model_server("hi") as server:
        asking = client(server)
        assert asking.complete(MESSAGES, schema=SCHEMA) == "hi"
        asking.close()
    [seen] = server.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.body == {
        "model": "m",
        "messages": MESSAGES,
        "temperature": 0,
        "seed": 0,
        "max_tokens": 2048,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "schema": SCHEMA, "strict": False},
        },
    }


def test_the_client_turns_a_prompt_into_text():
    with model_server("改写") as server:
        asking = client(server)
        assert asking("请改写") == "改写"
        asking.close()
    assert server.seen[0].body["messages"] == [{"role": "user", "content": "请改写"}]
    assert "response_format" not in server.seen[0].body


def test_no_key_sends_no_authorization():
    with model_server("hi") as server:
        asking = OpenAIClient(ModelConfig(base_url=server.base_url, model="m"))
        asking.complete(MESSAGES)
        asking.close()
    assert "Authorization" not in server.seen[0].headers


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_with_growing_pauses(status):
    with model_server(Say(status=status, body=b"{}"), Say(status=status, body=b"{}"), "hi") as server:
        asking = client(server)
        assert asking.complete(MESSAGES) == "hi"
        asking.close()
    assert len(server.seen) == 3
    first, second = asking.waits
    assert 0.5 <= first <= 1 <= second <= 2


def test_retry_after_is_obeyed_as_seconds_and_as_a_date():
    later = formatdate(time.time() + 30, usegmt=True)
    script = [
        Say(status=429, body=b"{}", headers={"Retry-After": "7"}),
        Say(status=503, body=b"{}", headers={"Retry-After": later}),
        Say(status=503, body=b"{}", headers={"Retry-After": "86400"}),
        "hi",
    ]
    with model_server(*script) as server:
        asking = client(server)
        assert asking.complete(MESSAGES) == "hi"
        asking.close()
    assert asking.waits[0] == 7
    assert 20 < asking.waits[1] <= 30
    assert asking.waits[2] == 60


@pytest.mark.parametrize("value", ["soon", "-5", "nan", "", "0"])
def test_a_senseless_retry_after_falls_back_to_a_pause(value):
    script = [Say(status=429, body=b"{}", headers={"Retry-After": value}), "hi"]
    with model_server(*script) as server:
        asking = client(server)
        assert asking.complete(MESSAGES) == "hi"
        asking.close()
    assert 0 < asking.waits[0] <= 60


@pytest.mark.parametrize(("status", "says"), [(429, "rate limit"), (500, "failed"), (503, "failed")])
def test_a_server_that_stays_busy_is_given_up(status, says):
    body = json.dumps({"error": {"message": f"overloaded, key {KEY}"}}).encode()
    error, server, asking = fails([Say(status=status, body=body)])
    assert says in error.what
    assert "overloaded" in error.received
    assert "[key]" in error.received
    assert len(server.seen) == 4
    assert len(asking.waits) == 3


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "key"), (403, "key"), (404, "address or model"), (418, "rejected"), (302, "redirects")],
)
def test_a_refusal_is_not_repeated(status, says):
    error, server, _ = fails([Say(status=status, body=b"no", headers={"Location": "http://example.com/"})])
    assert says in error.what
    assert len(server.seen) == 1


def test_a_server_without_json_schema_is_asked_for_less_and_that_is_remembered():
    refuse = Say(status=400, body=b'{"error": "response_format json_schema is not supported"}')
    with model_server(refuse, refuse, "{}", "{}") as server:
        asking = client(server)
        assert asking.complete(MESSAGES, schema=SCHEMA) == "{}"
        assert asking.complete(MESSAGES, schema=SCHEMA) == "{}"
        asking.close()
    formats = [seen.body.get("response_format", {}).get("type") for seen in server.seen]
    assert formats == ["json_schema", "json_object", None, None]


def test_a_request_that_is_wrong_for_other_reasons_is_reported():
    error, server, _ = fails(
        [Say(status=400, body=b'{"error": {"message": "context too long"}}')], schema=SCHEMA
    )
    assert "context too long" in error.received
    assert len(server.seen) == 3


def test_a_cut_off_answer_is_asked_for_once_more_with_twice_the_room():
    with model_server(Say("{", finish="length"), "{}") as server:
        asking = client(server, max_tokens=100)
        assert asking.complete(MESSAGES) == "{}"
        asking.close()
    assert [seen.body["max_tokens"] for seen in server.seen] == [100, 200]
    error, server, _ = fails([Say("{", finish="length")])
    assert "cut off" in error.what
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (Say(body=b"<html>welcome</html>", headers={"Content-Type": "text/html"}), "JSON"),
        (Say(body=b""), "JSON"),
        (Say(body=b"[1, 2]"), "JSON"),
        (Say(body=b"\xff\xfe\x00"), "JSON"),
        (Say(body=b"[" * 100_000), "JSON"),
        (Say(body=b'{"choices": []}'), "chat completion"),
        (Say(body=b'{"choices": [{"message": "text"}]}'), "chat completion"),
        (Say(body=b'{"error": {"message": "quota"}}'), "chat completion"),
        (Say(None), "empty"),
        (Say("   "), "empty"),
        (Say("", finish="content_filter"), "declined"),
        (Say(body=b'{"choices": [{"message": {"content": null, "refusal": "I cannot"}}]}'), "declined"),
    ],
)
def test_unusable_answers_are_named(step, says):
    error, _, _ = fails([step])
    assert says in error.what


def test_a_huge_answer_is_not_read_to_the_end():
    error, _, _ = fails([Say("x" * 200_000)], max_bytes=50_000)
    assert "more than is read" in error.what


def test_a_silent_server_is_given_up():
    error, server, _ = fails([Say("hi", hang=1.0)], timeout=0.2)
    assert "did not answer within 0.2 seconds" in error.what
    assert len(server.seen) == 2


def test_a_dripping_server_is_given_up():
    error, _, _ = fails([Say("x" * 400, drip=0.02)], timeout=0.3)
    assert "did not answer within" in error.what


def test_a_connection_that_breaks_off_is_tried_again():
    with model_server(Say("hi", cut=True), "hi") as server:
        asking = client(server)
        assert asking.complete(MESSAGES) == "hi"
        asking.close()
    assert len(server.seen) == 2
    error, server, _ = fails([Say("hi", cut=True)])
    assert "broke off" in error.what


def test_nothing_listening_is_said_at_once():
    asking = OpenAIClient(ModelConfig(base_url=f"http://user:pass@127.0.0.1:{closed_port()}/v1", model="m"))
    with pytest.raises(ModelError, match="No model endpoint answers at http://127") as caught:
        asking.complete(MESSAGES)
    asking.close()
    assert "pass" not in str(caught.value).replace("passes", "")


def test_tls_against_a_plain_server_is_explained():
    with model_server("hi") as server:
        asking = OpenAIClient(ModelConfig(base_url=server.base_url.replace("http", "https"), model="m"))
        with pytest.raises(ModelError, match="secure connection"):
            asking.complete(MESSAGES)
        asking.close()


def test_the_key_is_nowhere_in_logs_or_representations(caplog):
    caplog.set_level(logging.DEBUG)
    with model_server(Say(status=429, body=KEY.encode()), "hi") as server:
        asking = client(server)
        asking.complete(MESSAGES)
        asking.close()
    assert KEY not in caplog.text
    assert KEY not in repr(asking.config) + str(asking.config)


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://host/v1", "http://", "http://[::1", "file:///etc/x"]
)
def test_addresses_that_are_none_are_refused(url):
    with pytest.raises(UsageError) as caught:
        ModelConfig(base_url=url, model="m")
    assert caught.value.next_step


@pytest.mark.parametrize(
    "bad", [{"model": " "}, {"timeout": 0}, {"attempts": 0}, {"api_key": "a\nb"}, {"api_key": "é"}]
)
def test_senseless_settings_are_refused(bad):
    with pytest.raises(UsageError) as caught:
        ModelConfig(**{"base_url": "http://localhost/v1", "model": "m", **bad})
    assert "a\nb" not in str(caught.value)


def test_settings_come_from_options_then_from_the_environment(monkeypatch):
    monkeypatch.setenv("DATALECT_BASE_URL", "http://one/v1")
    monkeypatch.setenv("DATALECT_MODEL", "first")
    monkeypatch.setenv("DATALECT_API_KEY", "k1\n")
    monkeypatch.setenv("OTHER", "k2")
    config = ModelConfig.from_environment()
    assert (config.base_url, config.model, config.api_key) == ("http://one/v1", "first", "k1")
    config = ModelConfig.from_environment(
        base_url="http://two/v1", model="second", api_key_env="OTHER", timeout=3
    )
    assert (config.base_url, config.model, config.api_key, config.timeout) == (
        "http://two/v1",
        "second",
        "k2",
        3,
    )
    with pytest.raises(UsageError) as caught:
        ModelConfig.from_environment(api_key_env="sk-pasted-by-mistake")
    assert "sk-pasted" not in str(caught.value)
