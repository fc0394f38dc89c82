"""Who may be one person, and how probable that is."""
