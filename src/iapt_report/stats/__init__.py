"""Statistics as pure functions, a topic a module: arrays in, a frozen value out."""
