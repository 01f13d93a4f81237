"""One module per image format family: identify, probe, render."""
