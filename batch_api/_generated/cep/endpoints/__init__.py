"""The Customer Engagement Platform API: one async function for each operation, as its document describes it. Generated."""
