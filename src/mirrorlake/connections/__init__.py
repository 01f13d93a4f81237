"""Connections: their kinds, presets of known services, and the vault of their secrets."""
