"""Models that turn pictures and texts into vectors, which are close where the meaning is similar."""
