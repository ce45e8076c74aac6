"""Timing, always as a ratio against something run beside it. None of this runs in the tests."""
