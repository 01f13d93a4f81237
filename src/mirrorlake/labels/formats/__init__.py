"""The label formats: one file per format, and one row in `mirrorlake.labels.registry`."""
