"""Measurements on one machine in one run: our passes beside the physical limit and beside other tools."""
