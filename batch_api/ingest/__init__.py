"""Streams of edits in, the fate of every one out."""
