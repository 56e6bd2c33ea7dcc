"""What is wrong with an identifier, in plain words, and what to do about it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pinlian.gs1.keys import IdentifierError, Reason


@dataclass(frozen=True)
class IdentifierText:
    """Both texts are in the language that is active when they are shown."""

    title: str | Promise
    remedy: str | Promise


_SCAN_AGAIN = _("Scan the code again, or compare the address with what is printed beside it.")
_WRITE_LINK = _("Write it like https://host/01/06901234567892/10/LOT.")

_TEXTS: dict[Reason, IdentifierText] = {
    Reason.NOT_A_URI: IdentifierText(_("This is no web address and no other URI."), _WRITE_LINK),
    Reason.SCHEME: IdentifierText(
        _("The address begins with something other than https or http."), _("Write https in small letters.")
    ),
    Reason.HOST: IdentifierText(_("The name of the host is malformed."), _WRITE_LINK),
    Reason.CHARACTER: IdentifierText(
        _("There is a character that an address must not have."),
        _("Write it with a percent sign and two digits, such as %2F for a slash."),
    ),
    Reason.PERCENT_ESCAPE: IdentifierText(
        _("A percent sign is not followed by two hexadecimal digits."), _("Write a percent sign itself as %25.")
    ),
    Reason.NO_KEY: IdentifierText(
        _("There is no GS1 key in the address."), _("Begin with a key and its number, such as /01/06901234567892.")
    ),
    Reason.TRAILING_SLASH: IdentifierText(_("There is a slash at the end."), _("Leave out the slash at the end.")),
    Reason.UNPAIRED: IdentifierText(
        _("The parts of the address do not come in pairs of an identifier and its value."),
        _("Write a value after each identifier, as in /01/06901234567892/10/LOT."),
    ),
    Reason.UNKNOWN_AI: IdentifierText(
        _("GS1 knows no application identifier of this number."), _("Use one of GS1's list, such as 10 for a lot.")
    ),
    Reason.QUALIFIER: IdentifierText(
        _("This part does not belong here after the key."),
        _("Keep the order that GS1 has for this key: for goods 22, 10, 21."),
    ),
    Reason.MISSING_QUALIFIER: IdentifierText(
        _("A part is missing without which this key names nothing."),
        _("Write the number of the payment after the payee, as in /415/9520123456788/8020/A1."),
    ),
    Reason.IN_QUERY: IdentifierText(
        _("This part must not stand after the question mark."),
        _("If it belongs to the key, write it after the key and before the question mark; else leave it out."),
    ),
    Reason.DUPLICATE: IdentifierText(_("The same part is there twice."), _("Leave one of them out.")),
    Reason.EMPTY_VALUE: IdentifierText(_("A part has no value."), _("Give the value or leave the part out.")),
    Reason.FORMAT: IdentifierText(
        _("A value has the wrong length or wrong characters."),
        _("A GTIN has 14 digits, a lot 1 to 20 letters, digits and signs without blanks."),
    ),
    Reason.CHECK_DIGIT: IdentifierText(_("The check digit is wrong: one digit was misread or mistyped."), _SCAN_AGAIN),
    Reason.DATE: IdentifierText(_("There is no such date."), _("Write a date as year, month and day: 261122.")),
    Reason.CONTENT: IdentifierText(
        _("A value has the right length but says something that cannot be."),
        _("Compare it with what GS1 has for this part: no third piece of two, no number with zeros before it."),
    ),
    Reason.EPC_SCHEME: IdentifierText(
        _("GS1 knows no EPC of this kind."), _("Use a pure identity such as urn:epc:id:sgtin or a GS1 Digital Link.")
    ),
    Reason.EPC_PARTS: IdentifierText(
        _("The parts of the EPC are too many, too few or of wrong lengths."),
        _("Company prefix and reference together must have the length of their key."),
    ),
    Reason.COMPANY_PREFIX: IdentifierText(
        _("The GS1 company prefix must have 6 to 12 digits."), _("Look it up in the certificate from GS1.")
    ),
}


def identifier_text(error: IdentifierError) -> IdentifierText:
    """Sentence and remedy for an error of pinlian.gs1."""
    return _TEXTS[error.reason]
