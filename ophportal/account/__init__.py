"""What a tenant sees once inside."""
