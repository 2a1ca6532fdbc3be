"""Where the shared real data lies, for tests that read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("DATALECT_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared_data(*parts: str) -> Path:
    """The path below ``../shared/data``, or a skip where it is absent."""
    path = SHARED.joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"needs ../shared/data/{'/'.join(parts)}, which is not on this machine")
    return path
