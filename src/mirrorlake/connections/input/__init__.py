"""What people type into the fields of a connection, and the sentence that solves each mistake. Pure."""
