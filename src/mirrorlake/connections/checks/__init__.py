"""Health of a connection: each ability is tried with a real request, and each failure has a cause and a fix."""
