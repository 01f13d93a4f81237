"""Google Cloud Storage: our own reader of its JSON API, its tokens and signed URLs."""
