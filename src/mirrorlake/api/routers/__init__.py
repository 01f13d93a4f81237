"""One module per noun: its routes."""
