"""S3 and servers that speak its protocol: our own listing reader, signed requests, bytes through obstore."""

from mirrorlake.storage.providers.s3.store import S3Store

__all__ = ["S3Store"]
