"""What type checkers find in bodies, and what they let pass."""
