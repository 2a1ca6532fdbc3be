"""What columns stand for: semantic types with unit, grain and additivity, from names and values."""

from datalect.data.meaning.decide import Evidence, decide_meaning

__all__ = ["Evidence", "decide_meaning"]
