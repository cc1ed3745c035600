"""Numbers into text: what the results say is decided here, once."""
