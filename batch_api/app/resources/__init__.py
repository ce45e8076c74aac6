"""The areas of the legacy app-level API, one thin file each."""
