"""Areas and settings into Results: the study's steps in the study's order, tables, history and trend."""
