"""The yearly evaluation as pure functions over columns (docs/algorithms/evaluation.md)."""
