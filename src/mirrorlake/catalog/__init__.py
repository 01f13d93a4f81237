"""What the catalog stores and reads, one repository per noun; statements live in `catalog/sql/`."""
