"""The composition root: wires the parts together and exposes the use cases."""
