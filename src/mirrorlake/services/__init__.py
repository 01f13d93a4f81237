"""The composition root: connects the parts and exposes the use cases."""
