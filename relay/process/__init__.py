"""The relay process itself: main loop, controller of all barriers, what outlives it, systemd."""
