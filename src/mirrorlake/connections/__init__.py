"""Connections: documents that grant access, checks of each ability, and advice on bad input."""
