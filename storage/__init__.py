"""What is kept, on SQLite or PostgreSQL through the same functions. Knows no network."""
