"""The line of every key is found in any TOML that a person writes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.config.lines import key_lines

TEXT = '''# comment
[site]  # another
name = "a # b"
"quoted key" = 1
about = """
name = not a key
[no.header]
"""
list = [
  "[x]",  # ]
  2,
]

[[lane]]
name = "one"
[lane.view]
zoom = 1
[[lane]]
name.first = 'two'
'''


def test_every_key_has_its_line() -> None:
    """Strings and lists over several lines hide no key and make none."""
    assert {
        ("site",): 2,
        ("site", "name"): 3,
        ("site", "quoted key"): 4,
        ("site", "about"): 5,
        ("site", "list"): 9,
        ("lane", 0): 14,
        ("lane", 0, "name"): 15,
        ("lane", 0, "view"): 16,
        ("lane", 0, "view", "zoom"): 17,
        ("lane", 1): 18,
        ("lane", 1, "name", "first"): 19,
    } == key_lines(TEXT).known


def test_unknown_place_falls_back_to_its_table() -> None:
    """A missing key is told on the line of the table that lacks it."""
    assert 18 == key_lines(TEXT).line(("lane", 1, "camera"))
    assert 1 == key_lines(TEXT).line(("cloud", "url"))


@given(st.text(alphabet="[]=\"'#\\\n ab.{}", max_size=60))
def test_any_text_is_walked(text: str) -> None:
    """No text, however wrong, breaks the walk."""
    assert all(1 <= line <= len(text.splitlines()) for line in key_lines(text).known.values())
