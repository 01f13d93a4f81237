"""Thumbnails live and die with their assets: hold the library store against the catalog, make, and clear away."""
