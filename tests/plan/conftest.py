"""Fixtures of the plan tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plan.catalogs import shop as make_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Any]:
    """A small shop: a connection and its catalog."""
    connection, catalog = make_shop()
    yield connection, catalog
    connection.close()
