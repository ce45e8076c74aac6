"""What keeps a limit: buckets of this process, or limits shared through Redis."""
