"""Checks the parts of a request to a network relay. Pure, and without loading the HTTP library."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.words.language import say


def url_problem(url: str) -> str:
    """What is wrong with the URL of a network relay; empty if a request can be made from it."""
    if not url.startswith(("http://", "https://")):
        return say("нужен адрес вида http://… или https://…")
    if not is_header(url) or " " in url:
        return say("только латиница, цифры и знаки, без пробелов: остальное записывают как %D1%80")
    try:
        place = urlsplit(url)
        named = bool(place.hostname) and place.port != 0
    except ValueError:
        named = False
    return (
        "" if named else say("не разобрать узел или порт: нужно http://192.168.1.40/… или http://192.168.1.40:8080/…")
    )


def is_header(text: str) -> bool:
    """Whether the text may stand in a request header."""
    return text.isascii() and text.isprintable()
