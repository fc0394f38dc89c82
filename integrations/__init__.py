"""Talks to the outside: reads vendors and files, and reports what they said. Knows nothing of leads and users."""
