"""Requests on their way: chunks, their size, and what is sent again."""
