"""The contract of a store, its wrappers, and the listing that every provider feeds."""
