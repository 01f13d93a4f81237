"""The library store beside the catalog: audit, rebuild and clean thumbnails; back up and restore both."""
