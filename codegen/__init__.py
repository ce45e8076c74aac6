"""The step that turns the vendor's OpenAPI document into `batch_api/_generated`: a build tool, no part of the SDK.

`python -m codegen generate` writes the code, `python -m codegen check` says whether what is written is what would be.
"""
