"""The table of areas, its periods, outcomes and standards, and the folder it stands in on disk."""
