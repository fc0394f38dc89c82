"""PostgreSQL, the record of work: tables, what is read from and written to them, and the unit of work."""
