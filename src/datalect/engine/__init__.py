"""Running queries: the seam, the gate, the sandboxed workers."""
