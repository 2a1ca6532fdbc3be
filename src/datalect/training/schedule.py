"""Learning-rate schedules: a factor for each step, a pure function of the step but for ``plateau``."""

from __future__ import annotations

import math

from datalect.training.config import ScheduleConfig


def factor(config: ScheduleConfig, step: int, steps: int) -> float:
    """What every learning rate is multiplied by.

    Args:
        config: the schedule.
        step: the step about to be taken, from 0.
        steps: all steps of the run.

    Returns:
        A number from 0 to 1; ``plateau`` is 1 after warm-up, its cuts are kept by the loop.
    """
    if step < config.warmup:
        return (step + 1) / (config.warmup + 1)
    done = (step - config.warmup) / max(1, steps - config.warmup)
    if config.name in ("constant", "plateau"):
        return 1.0
    if config.name == "inverse_sqrt":
        return math.sqrt(max(1, config.warmup) / max(1, step))
    if config.name == "cosine":
        return config.floor + (1 - config.floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    if config.name == "linear":
        return config.floor + (1 - config.floor) * max(0.0, 1 - done)
    left = max(0.0, steps - step) / max(1.0, config.decay * steps)
    return config.floor + (1 - config.floor) * min(1.0, left)
