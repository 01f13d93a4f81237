"""The contract of a store, its wrappers, and the listing for all providers."""
