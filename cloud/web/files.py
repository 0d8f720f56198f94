"""Files that are the same for everybody: styles, script, icons, and what makes the portal an installable app."""

from __future__ import annotations

import json
from mimetypes import guess_type

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from cloud.web.templates import STATIC, static_version, templates

FOR_EVER = "public, max-age=31536000, immutable"
SHELL = ("app.css", "app.js", "icon-192.png")
ICON_SIZES = (192, 512)
ICON_KINDS = ("any", "maskable")


def file_routes() -> list[BaseRoute]:
    """The routes. The files are few and small, and are served from memory."""
    files = {file.name: file.read_bytes() for file in STATIC.iterdir() if file.is_file()}

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            return Response(status_code=404)
        # An address with the file's version never changes its content.
        cache = FOR_EVER if "v" in request.query_params else "public, max-age=3600"
        return Response(files[name], media_type=guess_type(name)[0], headers={"Cache-Control": cache})

    async def manifest(_: Request) -> Response:
        return Response(json.dumps(MANIFEST, ensure_ascii=False), media_type="application/manifest+json")

    async def worker(_: Request) -> Response:
        return Response(worker_script(), media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def offline(_: Request) -> Response:
        return HTMLResponse(templates.get_template("offline.html").render())

    async def favicon(_: Request) -> Response:
        return Response(
            files["icon.svg"], media_type="image/svg+xml", headers={"Cache-Control": "public, max-age=3600"}
        )

    return [
        Route("/static/{name}", static),
        Route("/manifest.webmanifest", manifest),
        Route("/sw.js", worker),
        Route("/offline", offline),
        Route("/favicon.ico", favicon),
    ]


MANIFEST = {
    "id": "/",
    "name": "ОКтер — пропуска на территорию",
    "short_name": "ОКтер",
    "description": "Заявки на въезд автомобилей на территорию.",
    "lang": "ru",
    "start_url": "/territories",
    "scope": "/",
    "display": "standalone",
    "background_color": "#f4f5f2",
    "theme_color": "#14532d",
    "shortcuts": [
        {"name": "Новая заявка", "url": "/new"},
        {"name": "Проверка автомобиля", "url": "/guard"},
    ],
    "icons": [
        {"src": static_version(f"icon-{size}{'-maskable' if kind == 'maskable' else ''}.png"), "sizes": f"{size}x{size}",
         "type": "image/png", "purpose": kind}
        for size in ICON_SIZES
        for kind in ICON_KINDS
    ],
}  # fmt: skip


def worker_script() -> str:
    """The service worker with the addresses of the app shell: a changed file means a new worker and a new cache."""
    shell = [static_version(name) for name in SHELL]
    version = "-".join(address.rpartition("=")[2] for address in shell)
    text = (STATIC / "worker.js").read_text(encoding="utf-8")
    text = text.replace("__ICON__", static_version("icon-192.png"))
    return text.replace("__VERSION__", version).replace('"__SHELL__"', json.dumps(["/offline", *shell]))
