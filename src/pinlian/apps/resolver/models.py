"""Links that the operator sets, each for one thing at one level of detail. services.py writes them."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from pinlian.apps.resolver.identifier_texts import identifier_text
from pinlian.apps.resolver.resolution import GS1_VOCABULARY, canonical_identifier
from pinlian.gs1.digital_link import DigitalLinkError


class LinkType(models.TextChoices):
    """The types of GS1's vocabulary that goods here have; their meanings are at https://ref.gs1.org/voc/."""

    PRODUCT_PAGE = f"{GS1_VOCABULARY}pip", _("Product information")
    TRACEABILITY = f"{GS1_VOCABULARY}traceability", _("Origin and way of the goods")
    CERTIFICATE = f"{GS1_VOCABULARY}certificationInfo", _("Certificate")
    RECALL = f"{GS1_VOCABULARY}recallStatus", _("Recall")
    INSTRUCTIONS = f"{GS1_VOCABULARY}instructions", _("Instructions")
    RECIPE = f"{GS1_VOCABULARY}recipeInfo", _("Recipe")
    EVENTS = f"{GS1_VOCABULARY}epcis", _("Events (EPCIS)")
    CONTENTS = f"{GS1_VOCABULARY}logisticsInfo", _("What is in a box")
    LOCATION = f"{GS1_VOCABULARY}locationInfo", _("Place")


class LinkLanguage(models.TextChoices):
    CHINESE = "zh", _("Chinese")
    ENGLISH = "en", _("English")


class StoredLink(models.Model):
    """One link of a thing; `identifier` is the canonical Digital Link of the thing at that level."""

    identifier = models.CharField(
        _("GS1 Digital Link"),
        max_length=255,
        db_index=True,
        help_text=_("As on the label, for example https://id.gs1.org/01/06901234567892/10/LOT."),
    )
    link_type = models.CharField(_("type"), max_length=120, choices=LinkType)
    href = models.CharField(_("leads to"), max_length=600, validators=[URLValidator(["https", "http"])])
    title = models.CharField(_("title"), max_length=120)
    language = models.CharField(_("language"), max_length=2, choices=LinkLanguage, blank=True)
    media_type = models.CharField(_("media type"), max_length=80, default="text/html", blank=True)
    is_default = models.BooleanField(
        _("where a scan leads"), default=False, help_text=_("A scan that asks for nothing in particular leads here.")
    )

    class Meta:
        verbose_name = _("link of a code")
        verbose_name_plural = _("links of codes")
        ordering = ["identifier", "link_type", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["identifier"],
                condition=models.Q(is_default=True),
                name="resolver_one_default_a_level",
                violation_error_message=_("A scan of this code leads elsewhere. Change that link first."),
            ),
            models.UniqueConstraint(
                fields=["identifier", "link_type", "language", "href"],
                name="resolver_each_link_once",
                violation_error_message=_("This link is there already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.identifier} {self.title}"

    def clean(self) -> None:
        """Bring the identifier to its canonical form, so that every way to write it finds the link."""
        try:
            self.identifier = canonical_identifier(self.identifier)
        except DigitalLinkError as error:
            text = identifier_text(error)
            raise ValidationError({"identifier": f"{text.title} ({error.part}) {text.remedy}"}) from error
