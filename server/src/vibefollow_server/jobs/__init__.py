"""Background work: the periodic sweeps."""
