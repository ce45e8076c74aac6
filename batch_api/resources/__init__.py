"""The areas of the API, one thin file each. Reach them through a client: `client.profiles`. Import from `batch_api`."""
