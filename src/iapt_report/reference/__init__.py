"""Facts that ship with the package: the deprivation, successors, places and centres of every commissioning area."""
