"""What every test run gets: a cache of its own, and property tests that try the same examples every time."""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings

# No deadline, because machines are busy. The same examples every time, so that a red run is red for all;
# HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("settled", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "settled"))

_SCRATCH = tempfile.TemporaryDirectory(prefix="datalect-tests-", ignore_cleanup_errors=True)


def pytest_configure() -> None:
    """Keep what tests open out of the cache of whoever runs them."""
    os.environ["DATALECT_CACHE"] = f"{_SCRATCH.name}/cache"


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    _SCRATCH.cleanup()
