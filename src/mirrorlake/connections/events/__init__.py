"""Events of buckets, whose only use is to name keys that should be checked."""
