"""Limits that any number of processes share through Redis."""
