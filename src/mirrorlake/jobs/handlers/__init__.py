"""What each kind of job does: one file each, and one row in `mirrorlake.jobs.registry`."""
