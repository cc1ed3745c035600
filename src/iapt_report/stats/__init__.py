"""The study's statistics, one topic a module: arrays in, a frozen value out.

Heavy libraries are imported inside the functions, so that the values can be read back without them.
"""
