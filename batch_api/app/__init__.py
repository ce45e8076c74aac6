"""Private: the legacy app-level API. Its client, resources, results and types of items. Import from `batch_api`."""
