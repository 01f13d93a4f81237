"""Connections: kinds, presets, the vault of secrets, documents that grant access, checks, and advice on input."""
