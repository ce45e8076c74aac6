"""Where items come from: iterables and files."""
