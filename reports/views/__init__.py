"""The pages of figures and of standard tables."""
