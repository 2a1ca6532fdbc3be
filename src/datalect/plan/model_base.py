"""What every part of a plan is made of: names, references, constants and row-wise expressions."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

Scalar: TypeAlias = str | int | float | bool
ColumnRef: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=1000)]
CompareOp = Literal["=", "!=", "<", "<=", ">", ">="]
TestOp = Literal["=", "!=", "<", "<=", ">", ">=", "between", "in", "contains", "starts", "ends", "null"]
ROW_OPERATORS = ("+", "-", "*", "/", "date_diff", "date_part", "length", "abs", "now")


class Node(BaseModel):
    """A part of a plan: closed, immutable and free of infinities."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Lit(Node):
    """A constant inside an expression (dates and texts; numbers stand bare)."""

    lit: Scalar


Expr = TypeAliasType("Expr", "ColumnRef | int | float | Lit | list[Expr]")
