"""Home, help and the legal pages: what anyone may read."""
