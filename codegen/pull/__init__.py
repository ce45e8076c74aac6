"""Fetching a document."""
