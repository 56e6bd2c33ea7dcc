"""The resolver over HTTP (GS1-Conformant Resolver Standard 1.2): redirects, linksets, problems."""

from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.html import json_script
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
from pinlian.gs1.digital_link import CANONICAL_HOST, DigitalLink, DigitalLinkError, parse
from pinlian.gs1.keys import Reason

METHODS = ["GET", "HEAD", "OPTIONS"]
PROBLEM_JSON = "application/problem+json"
_JSON_LD = "application/ld+json"
_CONTEXT_LINK = f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="{_JSON_LD}"'


def _for_programs(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer only what reads, and let pages of other sites read the answer."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if request.method not in METHODS:
            return _for_everyone(HttpResponseNotAllowed(METHODS))
        if request.method == "OPTIONS":
            return _for_everyone(HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(METHODS)}))
        return _for_everyone(view(request))

    return answer


@_for_programs
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
    return JsonResponse(document)


@_for_programs
def resolve(request: HttpRequest) -> HttpResponse:
    """Answer for a Digital Link at the site's root: where it leads, or all that is known of it."""
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
        return _linkset(request, root, [outcome.level], HTTPStatus.MULTIPLE_CHOICES)
    title = _("There is no information of this type.")
    remedy = _("Add linkType=linkset to the address for a list of what there is.")
    return _problem(request, HTTPStatus.NOT_FOUND, title, remedy, wishes.link_type)


def _known(request: HttpRequest, root: str) -> tuple[DigitalLink, list[Level]]:
    """The identifier that a request names, and what is known of it.

    The web server hands over the path decoded, so that a slash within a lot looks like one between parts. Where a
    path makes no sense as it stands, a reading with slashes in its last value counts if something is known by it.

    Raises DigitalLinkError.
    """
    segments = request.path.strip("/").split("/")
    try:
        identifier = _read(segments, request)
    except DigitalLinkError:
        for place in range(1, len(segments) - 1, 2):
            try:
                identifier = _read([*segments[:place], "/".join(segments[place:])], request)
            except DigitalLinkError:
                continue
            levels = known_levels(identifier, root)
            if levels and levels[0].identifier == levels_of(identifier)[0]:
                return identifier, levels
        raise
    return identifier, known_levels(identifier, root)


def _read(segments: Sequence[str], request: HttpRequest) -> DigitalLink:
    path = "/".join(quote(segment, safe="") for segment in segments)
    identifier = parse(f"https://{CANONICAL_HOST}/{path}?{request.META['QUERY_STRING']}", allow_short_gtin=True)
    if identifier.stem:
        # A second key in the path: other readers begin with the first one.
        raise DigitalLinkError(Reason.QUALIFIER, identifier.key_ai)
    return identifier


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
    target, query = urlsplit(link.href), request.META["QUERY_STRING"]
    if query:
        target = target._replace(query=f"{target.query}&{query}" if target.query else query)
    linkset_link = f'<{address}?linkType=linkset>; rel="linkset"; type="{LINKSET_JSON}"; title="All links"'
    headers = {"Location": target.geturl(), "Link": linkset_link}
    return HttpResponse(status=HTTPStatus.TEMPORARY_REDIRECT, headers=headers)


def _linkset(request: HttpRequest, root: str, levels: Sequence[Level], status: HTTPStatus) -> HttpResponse:
    accepted = _named_types(request)
    document = linkset(levels, root)
    if _wants_page(accepted):
        # The standard wants the linkset within the page, for programs that read pages (section 2.10).
        data = json_script({"@context": CONTEXT, **document}).replace("application/json", _JSON_LD, 1)
        return render(request, "resolver/links.html", {"levels": levels, "linked_data": data}, status=status)
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
