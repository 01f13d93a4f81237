"""S3 and servers that speak its protocol: our own listing reader, signed requests, object reads by obstore."""
