"""Long work of any kind as jobs: one queue, one worker, one registry of handlers."""
