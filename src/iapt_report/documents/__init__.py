"""Which documents there are, and what their templates are filled with."""
