"""One module or folder per kind of store."""
