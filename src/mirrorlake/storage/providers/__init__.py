"""One folder for each provider of storage, and the registry with one row for each of them."""
