"""Formats: one registry, one module a format: identify, probe, render."""
