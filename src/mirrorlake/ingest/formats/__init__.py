"""How each family of formats is opened: header first, then pixels."""
