"""For the technician and the bench: trying barriers, emulated boards, a thousand kills."""
