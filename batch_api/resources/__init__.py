"""The areas of the API, one thin file each."""
