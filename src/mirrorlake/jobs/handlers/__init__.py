"""The handlers of jobs: one file per kind, and one row in `mirrorlake.jobs.registry`."""
