"""Error answers of the public API: a stable code for programs, and a reason in one language for the person who reads it.

The language is the caller's `Accept-Language`: Russian unless English is wanted more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError

from cloud.api.problems import ApiProblem, EdgeRoute
from cloud.domain.errors import Invalid, RuledOut
from cloud.public_api.bodies import Problem
from core.words.language import Language, translate
from sync import wire

BASE = "/api/v1"


class Code(StrEnum):
    """What went wrong. A program may rely on these words: none of them is renamed or given another meaning."""

    TOKEN_MISSING = "token_missing"
    TOKEN_INVALID = "token_invalid"
    TOKEN_SCOPE = "token_scope"
    NOT_JSON = "not_json"
    FIELD_MISSING = "field_missing"
    FIELD_INVALID = "field_invalid"
    PASS_UNKNOWN = "pass_unknown"
    PLATE_BLOCKED = "plate_blocked"
    PLATE_UNWELCOME = "plate_unwelcome"
    PASS_LIMIT = "pass_limit"
    PERIOD_LIMIT = "period_limit"
    FILING_LIMIT = "filing_limit"
    TERRITORY_CLOSED = "territory_closed"
    REFUSED = "refused"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"
    METHOD = "method_not_allowed"
    TIMEOUT = "body_timeout"
    TOO_LARGE = "body_too_large"
    MEDIA = "media_unsupported"
    TOO_MANY = "too_many_requests"
    MOVING = "territory_moving"
    AWAY = "unavailable"
    INTERNAL = "internal"


WORDS: Mapping[Code, str] = MappingProxyType(
    {
        Code.TOKEN_MISSING: "Нужен ключ API в заголовке Authorization.",
        Code.TOKEN_INVALID: "Ключ API неизвестен, отозван или его срок кончился.",
        Code.TOKEN_SCOPE: "У ключа API нет права «{scope}».",
        Code.NOT_JSON: "Тело — не JSON.",
        Code.FIELD_MISSING: "Нет обязательного поля {field}.",
        Code.FIELD_INVALID: "Поле {field} не такое, как описано в OpenAPI.",
        Code.PASS_UNKNOWN: "У этого ключа API нет такого пропуска.",
        Code.PLATE_BLOCKED: "Номер в списке запрета этой территории.",
        Code.CONFLICT: "Это только что изменили. Попробуйте ещё раз.",
        Code.NOT_FOUND: "Такого вызова нет.",
        Code.METHOD: "Так этот вызов не делают.",
        Code.TIMEOUT: "Тело шло слишком долго.",
        Code.TOO_LARGE: "Тело слишком большое.",
        Code.MEDIA: "Тело передают без сжатия.",
        Code.TOO_MANY: "Слишком много вызовов. Когда прийти снова, сказано в Retry-After.",
        Code.MOVING: "Территория переезжает. Когда прийти снова, сказано в Retry-After.",
        Code.AWAY: "База данных не отвечает. Когда прийти снова, сказано в Retry-After.",
        Code.INTERNAL: "Ошибка на нашей стороне.",
    }
)
"""Keys of the catalogue. The other codes are those of `cloud.domain.errors.Rule`, and come with the words of what refused."""
SHARED: Mapping[int, Code] = MappingProxyType(
    {
        404: Code.NOT_FOUND,
        405: Code.METHOD,
        408: Code.TIMEOUT,
        409: Code.CONFLICT,
        413: Code.TOO_LARGE,
        415: Code.MEDIA,
        429: Code.TOO_MANY,
        500: Code.INTERNAL,
        503: Code.MOVING,
    }
)
"""What is refused before the API's own code is reached."""


class PublicProblem(ApiProblem):
    """An answer other than 2xx. `text` is a key of the catalogue, by default the code's own; `field` is of the body or query."""

    def __init__(
        self, status: int, code: Code, *, text: str = "", field: str = "", facts: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(status, code.value)
        self.code = code
        self.text = text or WORDS[code]
        self.field = field
        self.facts = {"field": field} if facts is None else facts


def field_invalid(error: Invalid) -> PublicProblem:
    """A field that the portal does not accept, in the portal's words."""
    return PublicProblem(422, Code.FIELD_INVALID, text=error.text, field=error.field, facts=error.facts)


def ruled_out(error: RuledOut) -> PublicProblem:
    """What a rule of the territory stands against."""
    return PublicProblem(409, Code(error.rule), text=error.text, field=error.field, facts=error.facts)


def body_invalid(error: wire.WireError) -> PublicProblem:
    """A body that is not what the OpenAPI says, by its path; the decoder's own words are English only."""
    path, _, what = str(error).partition(": ")
    field = path.removeprefix("body").removeprefix(".")
    if what.startswith("not JSON"):
        return PublicProblem(422, Code.NOT_JSON)
    return PublicProblem(422, Code.FIELD_MISSING if what == "missing" else Code.FIELD_INVALID, field=field or "body")


def wished_language(header: str) -> Language:
    """The language of `Accept-Language`: the one of ours that is wanted most; Russian if neither is, or both are equally."""
    wanted = {Language.RU: 0.0, Language.EN: 0.0}
    for part in header[:200].split(","):
        tag, _, rest = part.strip().partition(";")
        weight = _weight(rest)
        for language in Language:
            if tag.lower().split("-")[0] == language.value:
                wanted[language] = max(wanted[language], weight)
    return Language.EN if wanted[Language.EN] > wanted[Language.RU] else Language.RU


def _weight(rest: str) -> float:
    name, _, value = rest.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        found = float(value)
    except ValueError:
        return 0.0
    return found if 0.0 <= found <= 1.0 else 0.0


def answer_of(request: Request, problem: PublicProblem) -> Response:
    """The answer, in the caller's language."""
    language = wished_language(request.headers.get("accept-language", ""))
    headers = {"Cache-Control": "no-store", "Content-Language": language.value, "Vary": "Accept-Language"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    said = translate(language, problem.text, **problem.facts)[:200]
    body = wire.encode(Problem(said, problem.code.value, problem.field))
    return Response(body, problem.status, headers=headers, media_type="application/json")


def shared(problem: ApiProblem) -> PublicProblem:
    """What code that serves gates too has refused."""
    if isinstance(problem, PublicProblem):
        return problem
    found = PublicProblem(
        problem.status,
        SHARED.get(problem.status, Code.REFUSED),
        text="" if problem.status in SHARED else WORDS[Code.INTERNAL],
    )
    found.retry_after_s = problem.retry_after_s
    return found


def is_public(request: Request) -> bool:
    return request.url.path.startswith(f"{BASE}/")


def by_status(
    request: Request, status: int, *, code: Code | None = None, retry_after_s: float | None = None
) -> Response:
    """The answer to a call that reached none of the API's routes, or failed there."""
    problem = PublicProblem(status, code or SHARED.get(status, Code.INTERNAL))
    problem.retry_after_s = retry_after_s
    return answer_of(request, problem)


class PublicRoute(EdgeRoute):
    """A route whose refusals have a code, and words in the caller's language."""

    def problem_response(self, request: Request, problem: ApiProblem) -> Response:
        return answer_of(request, shared(problem))

    def bad_parameter(self, error: RequestValidationError) -> ApiProblem:
        fault = error.errors()[0]
        return PublicProblem(422, Code.FIELD_INVALID, field=str(fault["loc"][-1]))
