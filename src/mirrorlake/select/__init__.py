"""Choose which listed objects a datasource mirrors, and pair them with their companions. Pure."""
