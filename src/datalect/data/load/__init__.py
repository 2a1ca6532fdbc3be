"""One file per kind of source; each brings tables into the workspace being built."""
