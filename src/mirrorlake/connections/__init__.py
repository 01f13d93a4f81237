"""What connects a library with clouds besides their objects: events and inventories."""
