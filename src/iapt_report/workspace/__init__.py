"""The user's folder: where things are, what was chosen, what was written by hand."""
