"""The relay process itself: main loop, controller of all barriers, state that survives a restart, systemd."""
