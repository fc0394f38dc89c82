"""What runs, whether it is well, and work on all contacts."""
