"""The demo's two recordings as a local page, so that the video can be seen next to the decisions."""

from __future__ import annotations

import html
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from edge.demo.stage import CLIPS, demo_dir
from edge.demo.tour import Stop
from edge.language import say, spoken

PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
 body {{ margin: 0 auto; max-width: 1400px; padding: 16px; font: 17px/1.5 system-ui, sans-serif; color: #1d2433; }}
 main {{ display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); }}
 video {{ width: 100%; background: #1d2433; border-radius: 8px; aspect-ratio: 16 / 9; }}
 h1 {{ font-size: 1.5rem; }} figure {{ margin: 0; }} figcaption {{ font-weight: 600; margin-bottom: 4px; }}
 a {{ color: #0b5cad; }} ol {{ padding-left: 1.3em; }} li {{ margin-bottom: 8px; }}
</style>
<h1>{title}</h1><p>{about}</p><main>{films}</main><ol>{stops}</ol>
"""


class FilmPage:
    """What the server shows; made once, before the first request."""

    def __init__(self, stops: tuple[Stop, ...]) -> None:
        titles = {"entry": say("Въезд"), "exit": say("Выезд")}
        films = "".join(
            f'<figure><figcaption>{html.escape(titles[lane])}</figcaption><video src="/{clip}" autoplay muted loop '
            "playsinline controls></video></figure>"
            for lane, clip in CLIPS.items()
        )
        told = "".join(
            f"<li><b>{html.escape(stop.title)}.</b> {html.escape(stop.text)}{_link(stop.url)}</li>" for stop in stops
        )
        self.body = PAGE.format(
            language=spoken().value,
            title=html.escape(say("Демо: фильм с двух камер")),
            about=html.escape(say("Камеры шлагбаума видят то же самое, по кругу; здесь и там счёт времени свой.")),
            films=films,
            stops=told,
        ).encode()


def _link(url: str) -> str:
    shown = html.escape(url)
    return f' <a href="{shown}" target="_blank">{shown}</a>' if url else ""


class _Handler(BaseHTTPRequestHandler):
    """Serves `/` and the two clips, nothing else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        name = self.path.removeprefix("/")
        if not name:
            self._head("text/html; charset=utf-8", len(self.server.page.body))
            self.wfile.write(self.server.page.body)
        elif name in CLIPS.values():
            clip = demo_dir() / name
            self._head("video/mp4", clip.stat().st_size)
            with clip.open("rb") as file:
                shutil.copyfileobj(file, self.wfile)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _head(self, kind: str, size: int) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class chose the name
        """A demo needs no access log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # browsers keep connections open; the demo must not wait for them

    def __init__(self, page: FilmPage) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.page = page

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves in the middle of a film is no error."""


@contextmanager
def serving(page: FilmPage) -> Iterator[str]:
    """Serve the page on loopback, on a thread, while the context lasts; yields its address."""
    server = _Server(page)
    thread = threading.Thread(target=server.serve_forever, name="demo-film", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
