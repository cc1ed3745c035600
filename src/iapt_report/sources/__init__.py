"""Published files into Areas: recognised, read, checked and put together."""
