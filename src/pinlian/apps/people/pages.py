"""Signing up, logging in, and what a person keeps here."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pinlian.apps.people import selectors, services
from pinlian.apps.people.attempts import TooManyAttempts, place_of
from pinlian.apps.people.challenges import give_challenge
from pinlian.apps.people.device_keys import key_address
from pinlian.apps.people.forms import PasswordForm, ProfileForm, SignInForm, SignUpForm
from pinlian.apps.people.http_api import logged_in
from pinlian.apps.people.models import Person
from pinlian.apps.people.notices import mark_read, notices_of
from pinlian.apps.people.phone_numbers import masked, phone_vault
from pinlian.domain.refusals import Refused

BACKEND = "django.contrib.auth.backends.ModelBackend"


def next_address(request: HttpRequest) -> str:
    """Where the person wanted to go before logging in, if that is on this site; else the first page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return "/"


def speak(response: HttpResponse, language: str) -> HttpResponse:
    """Show the pages in the person's language from now on."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.SESSION_COOKIE_AGE,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response


def too_many_attempts_text(refused: TooManyAttempts) -> str:
    return ngettext(
        "Too many tries. Wait %(minutes)d minute, then try again.",
        "Too many tries. Wait %(minutes)d minutes, then try again.",
        refused.minutes,
    ) % {"minutes": refused.minutes}


@never_cache
@sensitive_post_parameters("phone", "password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            person = services.check_sign_in(request, place=place_of(request), **form.cleaned_data)
        except services.SignInRefused:
            form.add_error(None, _("This number and this password do not fit together."))
            status = 422
        except TooManyAttempts as refused:
            form.add_error(None, too_many_attempts_text(refused))
            status = 429
        else:
            login(request, person, BACKEND)
            response = HttpResponseRedirect(next_address(request))
            # Who chose a language on this device wants that one.
            chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
            return response if chosen else speak(response, person.language)
    return render(request, "people/sign_in.html", {"form": form, "next": next_address(request)}, status=status)


@never_cache
@sensitive_post_parameters("phone", "password")
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        answers = {name: value for name, value in form.cleaned_data.items() if name != "consent"}
        try:
            person = services.sign_up(**answers, language=request.LANGUAGE_CODE, place=place_of(request))
        except ValidationError as error:
            form.add_error("password", error)
            status = 422
        except services.PhoneNumberTaken:
            form.add_error("phone", _("This number has an account. Log in instead."))
            status = 422
        except TooManyAttempts as refused:
            form.add_error(None, too_many_attempts_text(refused))
            status = 429
        else:
            login(request, person, BACKEND)
            return redirect(key_address(next_address(request)))
    return render(request, "people/sign_up.html", {"form": form, "next": next_address(request)}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.info(request, _("You are logged out."))
    return redirect("/")


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "people/privacy.html", {"version": services.CONSENT_VERSION})


@never_cache
@login_required
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    person = logged_in(request)
    return render(
        request,
        "people/me.html",
        {
            "section": "me",
            "person": selectors.person_view(person),
            "phone": masked(phone_vault().unseal(bytes(person.phone_sealed))),
            "has_key": selectors.address_of(person.pk) is not None,
            "role_names": [grant.get_role_display() for grant in person.role_grants.order_by("pk")],
        },
    )


@never_cache
@login_required
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """A person's notices; those shown count as read from now on."""
    person = logged_in(request)
    shown = notices_of(person.pk)
    mark_read(person.pk)
    return render(request, "people/notices.html", {"section": "me", "notices": shown})


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    person = logged_in(request)
    form = ProfileForm(
        request.POST or None,
        initial={
            "display_name": person.display_name,
            "home_pickup_point": person.home_pickup_point_id,
            "language": person.language,
        },
    )
    if request.method == "POST" and form.is_valid():
        services.change_profile(person, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return speak(redirect("people:me"), person.language)
    return _form_page(request, _("Name, pickup point, language"), form)


def _form_page(request: HttpRequest, title: str, form: Form) -> HttpResponse:
    return render(request, "people/form_page.html", {"section": "me", "title": title, "form": form})


@never_cache
@sensitive_post_parameters("password", "new_password")
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    person = logged_in(request)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_password(person, place=place_of(request), **form.cleaned_data)
        except services.SignInRefused:
            form.add_error("password", _("This is not your password."))
        except TooManyAttempts as refused:
            form.add_error(None, too_many_attempts_text(refused))
        except ValidationError as error:
            form.add_error("new_password", error)
        else:
            update_session_auth_hash(request, person)
            messages.success(request, _("Your password is changed. All other devices are logged out."))
            return redirect("people:me")
    return _form_page(request, _("Change password"), form)


@never_cache
@login_required
@require_GET
def key(request: HttpRequest) -> HttpResponse:
    """Make this person's key on the device. Who has one and was on the way elsewhere goes on."""
    person = logged_in(request)
    has_key = bool(selectors.device_keys_of(person.pk))
    if has_key and "next" in request.GET:
        return redirect(next_address(request))
    return render(
        request,
        "people/key.html",
        {
            "section": "me",
            "has_key": has_key,
            "challenge": give_challenge(request, person.pk),
            "next": next_address(request),
        },
    )


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    person = logged_in(request)
    if request.method == "POST":
        return _revoke(request, person)
    return render(request, "people/keys.html", {"section": "me", "keys": selectors.device_keys_of(person.pk)})


def _revoke(request: HttpRequest, person: Person) -> HttpResponse:
    try:
        services.revoke_device_key(person, request.POST.get("address", ""))
    except Refused:
        messages.error(request, _("This key is not yours, or was removed before."))
    else:
        messages.success(request, _("The key signs for you no longer."))
    return redirect("people:keys")
