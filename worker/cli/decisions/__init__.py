"""What people decide, what came of it, and how it is taken back."""
