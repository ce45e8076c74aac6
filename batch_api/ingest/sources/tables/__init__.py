"""Tables as sources: whose columns are what in the API, and how their cells are read."""
