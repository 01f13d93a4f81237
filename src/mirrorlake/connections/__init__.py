"""Connections: their kinds, presets of known services, the vault of their secrets, and events of their buckets."""
