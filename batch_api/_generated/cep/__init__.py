"""The Customer Engagement Platform API: low-level client as its document describes it. Generated."""
