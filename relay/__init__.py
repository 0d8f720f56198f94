"""Hardware out: the barrier process, its drivers and its wired inputs. Imports only `core`."""
