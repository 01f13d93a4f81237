"""Plan a pass over a datasource and execute it; verify, retry and purge."""
