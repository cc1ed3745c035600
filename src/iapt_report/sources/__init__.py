"""Published files: each module reads one format and knows nothing of the others."""
