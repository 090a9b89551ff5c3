"""Pages of cases: parse, one selector or service, render."""
