"""Who may come: passes, their periods and hours, tables of them, what a list costs."""
