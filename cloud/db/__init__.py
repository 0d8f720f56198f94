"""The portal's storage: tables, the engine over SQLite or PostgreSQL, and the migrations shipped in the wheel."""
