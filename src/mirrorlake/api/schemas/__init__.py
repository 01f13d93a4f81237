"""One module per noun: its JSON."""
