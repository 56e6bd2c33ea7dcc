"""The resolver over HTTP (GS1-Conformant Resolver Standard 1.2): redirects, linksets, problems."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import parse_accept_lang_header

from pinlian.apps.resolver.identifier_texts import identifier_text
from pinlian.apps.resolver.linkset import CONTEXT, LINKSET_JSON, linkset
from pinlian.apps.resolver.resolution import (
    GS1_VOCABULARY,
    LINKSET_TYPES,
    Choice,
    Level,
    Link,
    Redirect,
    Wishes,
    choose,
    levels_of,
)
from pinlian.apps.resolver.selectors import known_levels
from pinlian.gs1.digital_link import CANONICAL_HOST, DigitalLink, DigitalLinkError, build, parse
from pinlian.gs1.keys import Reason

METHODS = ["GET", "HEAD", "OPTIONS"]
PROBLEM_JSON = "application/problem+json"
_JSON_LD = "application/ld+json"
_CONTEXT_LINK = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="{_JSON_LD}"'


def resolve(request: HttpRequest) -> HttpResponse:
    """Answer for a Digital Link at the site's root: where it leads, or all that is known of it."""
    if request.method not in METHODS:
        return _for_everyone(HttpResponseNotAllowed(METHODS))
    if request.method == "OPTIONS":
        return _for_everyone(HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(METHODS)}))
    return _for_everyone(_answer(request))


def description(request: HttpRequest) -> HttpResponse:
    """The resolver's description file, which programs look for before anything else."""
    document = {
        "name": "Pinlian",
        "resolverRoot": settings.PINLIAN_ORIGIN,
        "supportedPrimaryKeys": ["all"],
        "supportedLinkType": [{"namespace": GS1_VOCABULARY, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": CONTEXT,
    }
    return _for_everyone(JsonResponse(document))


def _answer(request: HttpRequest) -> HttpResponse:
    root = f"{request.scheme}://{request.get_host()}"
    try:
        identifier, levels = _known(request, root)
    except DigitalLinkError as error:
        text = identifier_text(error)
        return _problem(request, HTTPStatus.BAD_REQUEST, str(text.title), str(text.remedy), error.part)
    if not levels:
        title = _("Nothing is known here of what this code names.")
        remedy = _("The code may belong to another trade, or nothing has been recorded yet.")
        return _problem(request, HTTPStatus.NOT_FOUND, title, remedy, identifier.path())
    wishes = _wishes(request)
    if wishes.link_type in LINKSET_TYPES or LINKSET_JSON in wishes.media_types:
        return _linkset(request, root, levels, HTTPStatus.OK)
    outcome = choose(levels, wishes)
    if isinstance(outcome, Redirect):
        return _redirect(request, f"{root}{identifier.path()}", outcome.link)
    if isinstance(outcome, Choice):
        suitable = [Level(levels[0].identifier, outcome.links)]
        return _linkset(request, root, suitable, HTTPStatus.MULTIPLE_CHOICES)
    title = _("There is no information of this type.")
    remedy = _("Add linkType=linkset to the address for a list of what there is.")
    return _problem(request, HTTPStatus.NOT_FOUND, title, remedy, wishes.link_type)


def _known(request: HttpRequest, root: str) -> tuple[DigitalLink, list[Level]]:
    """The identifier that a request names, and what is known of it.

    The web server hands over the path decoded, so that a slash within a lot looks like one between parts. Where a
    path makes no sense as it stands, the reading with slashes in the last value counts if something is known by it.

    Raises DigitalLinkError.
    """
    path = request.path.rstrip("/")
    try:
        uri = f"https://{CANONICAL_HOST}{quote(path)}?{request.META['QUERY_STRING']}"
        identifier = parse(uri, allow_short_gtin=True)
    except DigitalLinkError as error:
        if error.reason is not Reason.UNPAIRED:
            raise
        identifier = _with_slashes(path, error)
        levels = known_levels(identifier, root)
        if not levels or levels[0].identifier != levels_of(identifier)[0]:
            raise
        return identifier, levels
    return identifier, known_levels(identifier, root)


def _with_slashes(path: str, error: DigitalLinkError) -> DigitalLink:
    rest = path.split("/")[1:]
    pairs: list[tuple[str, str]] = []
    while len(rest) > 1 and rest[0].isdecimal():
        pairs.append((rest[0], rest[1]))
        rest = rest[2:]
    if not pairs:
        raise error
    ai, value = pairs.pop()
    (key_ai, key), *qualifiers = *pairs, (ai, "/".join([value, *rest]))
    try:
        return build(key_ai, key, qualifiers)
    except DigitalLinkError:
        raise error from None


def _wishes(request: HttpRequest) -> Wishes:
    languages = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    return Wishes(
        link_type=request.GET.get("linkType", ""),
        languages=tuple(tag for tag, _quality in languages if tag != "*"),
        media_types=tuple(_named_types(request)),
        context=request.GET.get("context", ""),
    )


def _redirect(request: HttpRequest, address: str, link: Link) -> HttpResponse:
    """To the link's address; the request's query goes with it, as the standard demands."""
    target, query = link.href, request.META["QUERY_STRING"]
    if query:
        target += ("&" if "?" in target else "?") + query
    linkset_link = f'<{address}?linkType=linkset>; rel="linkset"; type="{LINKSET_JSON}"; title="All links"'
    headers = {"Location": target, "Link": linkset_link}
    return HttpResponse(status=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)


def _linkset(request: HttpRequest, root: str, levels: Sequence[Level], status: HTTPStatus) -> HttpResponse:
    accepted = _named_types(request)
    if _wants_page(accepted):
        return render(request, "resolver/links.html", {"levels": levels}, status=status)
    document = linkset(levels, root)
    content_type = next(
        (kind for kind in (LINKSET_JSON, _JSON_LD, "application/json") if kind in accepted), LINKSET_JSON
    )
    if content_type == _JSON_LD:
        document = {"@context": CONTEXT, **document}
    return JsonResponse(document, content_type=content_type, status=status, headers={"Link": _CONTEXT_LINK})


def _problem(request: HttpRequest, status: HTTPStatus, title: str, remedy: str, part: str) -> HttpResponse:
    problem = {"type": "about:blank", "title": title, "status": status.value, "part": part, "remedy": remedy}
    if _wants_page(_named_types(request)):
        return render(request, "resolver/problem.html", problem, status=status)
    return JsonResponse(problem, content_type=PROBLEM_JSON, status=status, json_dumps_params={"ensure_ascii": False})


def _named_types(request: HttpRequest) -> list[str]:
    """The media types that a request names, without wildcards."""
    named = (f"{accepted.main_type}/{accepted.sub_type}" for accepted in request.accepted_types)
    return [media_type for media_type in named if "*" not in media_type]


def _wants_page(named_types: Sequence[str]) -> bool:
    """Browsers name HTML and add that they take anything; programs name what they want, or nothing."""
    return "text/html" in named_types and LINKSET_JSON not in named_types


def _for_everyone(response: HttpResponse) -> HttpResponse:
    """Let pages of other sites read the answer, and caches keep apart what depends on these headers."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = ", ".join(METHODS)
    response["Access-Control-Allow-Headers"] = "Accept, Accept-Language"
    response["Access-Control-Expose-Headers"] = "Link, Location"
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response
