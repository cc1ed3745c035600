"""The command line: thin, it only calls the package; heavy libraries are imported by the commands that need them."""
