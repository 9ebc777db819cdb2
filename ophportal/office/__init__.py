"""The agents' console: the office finds its tenants, helps them in, and brings its files."""
