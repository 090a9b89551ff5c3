"""Measures the year-end chain on invented people: `python -m benchmarks` (see __main__)."""
