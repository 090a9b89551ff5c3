"""What a figure is worked out by once the rows are counted: bands, rounding, days of a series, what is withheld. Pure."""
