"""Where objects are processed and pictures embedded: by processes of this machine, or on a Ray cluster."""
