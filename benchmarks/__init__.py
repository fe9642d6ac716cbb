"""Benchmarks: ratios within one run, medians of interleaved repetitions, CPU seconds of the process at work."""
