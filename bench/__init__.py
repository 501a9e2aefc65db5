"""Benchmarks: every figure is a ratio to a bare `python -c pass` of the same run, never a timed test."""
