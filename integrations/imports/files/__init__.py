"""Reading files: which is next, how its text, tables and cards are taken apart, and what a column means."""
