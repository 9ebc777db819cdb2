"""What the demonstration office adds: its guests, its agents, the mail that it keeps."""
