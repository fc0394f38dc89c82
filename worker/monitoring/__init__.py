"""What runs, what does not, and what to type: for people at a terminal and for health checks."""
