"""The demo: a bucket of real photographs on a local S3 server becomes a library, changes, and is mirrored again."""
