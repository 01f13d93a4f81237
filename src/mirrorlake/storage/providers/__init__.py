"""The storage providers, each in its own folder, and their registry."""
