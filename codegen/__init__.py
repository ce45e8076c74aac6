"""The step that turns the vendor's OpenAPI document into `batch_api/_generated`. A build tool: never imported by the SDK.

`python -m codegen generate` writes the code, `python -m codegen check` says whether what is written is what would be.
"""
