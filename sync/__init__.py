"""The cloud client: pass list down, events and snapshots up, commands. Imports only `core`."""
