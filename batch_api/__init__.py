"""An asyncio SDK for the Batch.com Customer Engagement Platform REST API."""
