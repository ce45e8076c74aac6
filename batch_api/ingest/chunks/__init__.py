"""Chunks for worker engines: split, referred to, and sent."""
