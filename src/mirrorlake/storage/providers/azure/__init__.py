"""Azure Blob Storage: our own listing reader, requests and credentials."""
