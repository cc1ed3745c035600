"""One period built, the pages of its areas, and the index of all periods."""
