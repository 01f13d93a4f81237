"""Generated parts of the reference pages: one module per part, each with one function that returns Markdown."""
