"""Repeats the 2016 study of deprivation and recovery in England's NHS talking therapies for any new period."""

__version__ = "0.1.0"
