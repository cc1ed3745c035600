"""Documents typeset: the jobs, the engines, and what has been rendered."""
