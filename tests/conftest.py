"""What every test run gets: a cache of its own, and property tests that need not be quick."""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # machines are busy
settings.load_profile("untimed")

_SCRATCH = tempfile.TemporaryDirectory(prefix="datalect-tests-", ignore_cleanup_errors=True)


def pytest_configure() -> None:
    """Keep what tests open out of the cache of whoever runs them."""
    os.environ["DATALECT_CACHE"] = f"{_SCRATCH.name}/cache"


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    _SCRATCH.cleanup()
