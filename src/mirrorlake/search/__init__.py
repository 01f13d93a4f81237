"""Find assets: a query text becomes nodes, nodes become SQL, SQL becomes a page.

    text ──grammar──▶ nodes.Query ──compile──▶ CompiledQuery ──run──▶ Page
           scanner, fields, values

Everything but `run` is pure.
"""
