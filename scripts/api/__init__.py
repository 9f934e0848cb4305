"""Loading of a paged HTTP API into PostgreSQL."""
