"""What the docs site has beyond its pages: hooks of MkDocs, named in `mkdocs.yml`."""
