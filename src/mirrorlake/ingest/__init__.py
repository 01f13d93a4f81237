"""Look at objects: fetch their bytes, tell what they are, make a thumbnail, and never trust any of it."""
