"""What the portal keeps: tables, the engine over SQLite or PostgreSQL, and the migrations that travel in the wheel."""
