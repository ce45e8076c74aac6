"""What the project's own commands run, beside code generation. Not imported by the package, and not in the wheel."""
