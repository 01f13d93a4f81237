"""S3 and servers that speak its protocol: our own listing reader and signed requests."""
