"""Finding what may be worth saying: one file per kind of fact."""
