"""The built site in headless Chromium: `make test-site`."""
