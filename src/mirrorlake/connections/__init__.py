"""Connections: kinds, presets, the vault of secrets, documents, checks, advice on input, and events of buckets."""
