"""Who may come: passes, their periods and hours, tables of passes, the risk of a list."""
