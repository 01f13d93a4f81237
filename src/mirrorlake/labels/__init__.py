"""Labels: geometry, and readers and writers of label formats. Pure: files come in and go out through Protocols."""
