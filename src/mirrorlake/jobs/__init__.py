"""Any long work is a job: one queue, one worker, one registry of handlers."""
