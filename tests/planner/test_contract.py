from __future__ import annotations

import json
from typing import Any

import pytest
from golden_tables import opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datalect.planner.lexical import LexicalPlanner
from datalect.planner.llm import LLMPlanner
from datalect.planner.model_config import ModelConfig
from datalect.testing import check_interpretation, check_planner
from model_server import model_server

PLANNER = LexicalPlanner()
WORDS = st.sampled_from(
    "how many average total by top 3 highest city sales orders customers in 2022 not between and or > 100 per month "  # noqa: E501
    "Beijing Paris share of growth without 销售额 各 城市 最高 的 三个 北京 2022年 占比 同比 平均 没有 订单 客户 超过 100 按 月 统计 "  # noqa: E501
    "cars mpg 8 cylinders ( ) , ? % vs correlation distribution trend".split()
)


@pytest.mark.slow
@pytest.mark.parametrize("tables", ["shop", "cars", "staff"])
def test_the_lexical_planner_keeps_the_contract(tables: str):
    workspace, values = opened(tables)
    check_planner(PLANNER, workspace.catalog, values)


COUNT = {"from": "orders", "get": [{"fn": "count", "as": "n"}]}
WRONG = {"from": "nowhere", "get": [{"fn": "count"}]}


def _reply(*plans: dict[str, Any], refusal: str | None = None) -> str:
    readings = [{"plan": plan, "confidence": 0.9 - 0.3 * at} for at, plan in enumerate(plans)]
    return json.dumps({"readings": readings, "refusal": refusal, "words": []})


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(_reply(COUNT, {"from": "orders", "list": ["id"]}), id="two readings"),
        pytest.param(_reply(refusal="not_in_tables"), id="a refusal"),
        pytest.param(_reply(WRONG), id="a plan that fails the checks"),
    ],
)
def test_the_llm_planner_keeps_the_contract_whatever_the_model_says(reply: str):
    workspace, values = opened("shop")
    with model_server(reply) as server:
        planner = LLMPlanner(ModelConfig(model="scripted", base_url=server.base_url))
        try:
            check_planner(planner, workspace.catalog, values)
        finally:
            planner.close()
        assert server.seen, "the model was asked"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=200))
def test_any_text_is_survived(text: str):
    workspace, values = opened("shop")
    check_interpretation(PLANNER, text, workspace.catalog, values)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_jumble_of_known_words_is_survived(text: str):
    workspace, values = opened("shop")
    check_interpretation(PLANNER, text, workspace.catalog, values)
