"""The lexical planner: questions to plans by vocabulary and grammar, without a model."""

from datalect.planner.lexical.planner import LexicalPlanner

__all__ = ["LexicalPlanner"]
