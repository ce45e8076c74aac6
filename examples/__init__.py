"""Programs that show how batch_api is used. Run them from the folder above: `python -m examples.demo`."""
