"""Search assets: parse a query, compile it to SQL and fetch a page.

    text ──grammar──▶ nodes.Query ──compile──▶ CompiledQuery ──run──▶ Page
           scanner, fields, values

Everything except `run` is pure.
"""
