"""What is known of one contact: who it is and why, and what is written down about it."""
