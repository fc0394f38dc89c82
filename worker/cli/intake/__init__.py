"""How contacts come in: sources and files."""
