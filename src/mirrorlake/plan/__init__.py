"""Decide what changed between a bucket and the catalog, and what to do about it. Pure."""
