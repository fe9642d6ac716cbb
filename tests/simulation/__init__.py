"""A deterministic simulation of the whole pipeline: one virtual clock, one seed, the functions' real code."""
