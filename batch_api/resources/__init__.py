"""The areas of the API, one thin file each. Reach them through a client, as `client.profiles`; import from `batch_api`."""
