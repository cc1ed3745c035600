"""Releases found, fetched, imported and built, without anybody at work."""
