"""Private: what every request passes through. Limits, retry, errors, transport. Import from `batch_api`."""
