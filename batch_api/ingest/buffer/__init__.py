"""A buffer for web backends, with its outbox."""
