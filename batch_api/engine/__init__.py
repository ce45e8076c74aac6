"""What every request passes through: limits, retry, errors, transport."""
