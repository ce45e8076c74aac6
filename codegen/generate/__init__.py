"""From a document to code."""
