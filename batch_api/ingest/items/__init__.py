"""What a stream is made of: kinds of items, how they are read and checked, and what became of each."""
