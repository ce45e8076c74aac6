"""Ingestion spread over processes and machines, on worker engines that exist."""
