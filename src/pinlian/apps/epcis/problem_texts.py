"""What each problem of an event means to whoever sent it, in the language of the request."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pinlian.gs1.epcis.problems import Problem, ProblemName

_P = ProblemName
_TEXTS: dict[ProblemName, str | Promise] = {
    _P.NOT_JSON: _("This is not JSON: %(value)s."),
    _P.NAME_TWICE: _("An object has the name “%(field)s” twice."),
    _P.NOT_AN_OBJECT: _("An object is expected here."),
    _P.NOT_A_LIST: _("A list is expected here."),
    _P.NOT_A_TEXT: _("A text is expected here, not “%(value)s”."),
    _P.NOT_A_NUMBER: _("A number is expected here, not “%(value)s”."),
    _P.NOT_A_TRUTH_VALUE: _("True or false is expected here, not “%(value)s”."),
    _P.NOT_HEXADECIMAL: _("Hexadecimal digits are expected here, not “%(value)s”."),
    _P.NULL_NOT_ALLOWED: _("Nothing may be null. Leave the field out."),
    _P.NUMBER_NOT_EXACT: _("The number %(value)s is too large to be read alike everywhere."),
    _P.TEXT_NOT_UNICODE: _("The text holds characters that cannot be written everywhere."),
    _P.TOO_DEEP: _("Objects and lists stand too deep within each other."),
    _P.URI_INVALID: _("“%(value)s” is not an absolute URI of at most 500 characters."),
    _P.TIME_INVALID: _("“%(value)s” is not a time with its offset, such as 2026-11-20T08:00:00+08:00."),
    _P.LIST_EMPTY: _("This list must not be empty."),
    _P.ELEMENT_TWICE: _("“%(value)s” stands in the list twice."),
    _P.FIELD_MISSING: _("The field “%(field)s” is missing."),
    _P.FIELD_UNKNOWN: _("There is no field “%(field)s” here. A field of your own needs a namespace."),
    _P.FIELD_NOT_ALLOWED: _("An event of type %(type)s has no field “%(field)s”."),
    _P.CONTEXT_MISSING: _("The “@context” is missing, which says what the names mean."),
    _P.CONTEXT_INVALID: _("“%(value)s” is not a context."),
    _P.CONTEXT_NOT_EPCIS: _("The context of EPCIS is not among the contexts."),
    _P.CONTEXT_REDEFINES_STANDARD: _("The context gives “%(field)s” another meaning than EPCIS does."),
    _P.DOCUMENT_TYPE_UNKNOWN: _("“%(value)s” is neither an EPCIS document nor an event."),
    _P.SCHEMA_VERSION_UNSUPPORTED: _("Version “%(value)s” is not taken; 2.0 is."),
    _P.EVENTS_MISSING: _("There are no events: “%(field)s” is missing or empty."),
    _P.EVENTS_TOO_MANY: _("There are %(value)s events; at most %(allowed)s are taken at once."),
    _P.EVENT_TOO_LARGE: _("The event has %(value)s bytes; at most %(allowed)s are taken."),
    _P.MASTER_DATA_TOO_MUCH: _("Master data of %(value)s things; at most %(allowed)s are taken at once."),
    _P.MASTER_DATA_TOO_LARGE: _("Master data of one thing with %(value)s bytes; at most %(allowed)s are taken."),
    _P.NAMESPACE_UNDECLARED: _("The context does not declare the namespace of “%(field)s”."),
    _P.EXTENSION_NAMESPACE_RESERVED: _("“%(field)s” is in a namespace that GS1 keeps for itself."),
    _P.ILMD_NOT_ALLOWED: _(
        "Master data of instances and lots (ilmd) belongs to their creation: not to %(type)s %(action)s."
    ),
    _P.ILMD_FIELD_WITHOUT_NAMESPACE: _("The field “%(field)s” of ilmd needs a namespace."),
    _P.EVENT_TYPE_UNKNOWN: _("There is no event type “%(value)s”."),
    _P.TIME_ZONE_OFFSET_INVALID: _("“%(value)s” is not an offset from UTC such as +08:00."),
    _P.ACTION_INVALID: _("The action is ADD, OBSERVE or DELETE, not “%(value)s”."),
    _P.BIZ_STEP_UNKNOWN: _("There is no standard business step “%(value)s”. A step of your own is a URI."),
    _P.DISPOSITION_UNKNOWN: _("There is no standard disposition “%(value)s”. A disposition of your own is a URI."),
    _P.DISPOSITIONS_CONTRADICT: _("The dispositions “%(value)s” and “%(other)s” contradict each other."),
    _P.PERSISTENT_DISPOSITION_EMPTY: _("A persistent disposition must set or unset something."),
    _P.TRANSACTION_TYPE_UNKNOWN: _("There is no standard type of business transaction “%(value)s”."),
    _P.SOURCE_TYPE_UNKNOWN: _("There is no standard type of source “%(value)s”."),
    _P.DESTINATION_TYPE_UNKNOWN: _("There is no standard type of destination “%(value)s”."),
    _P.EVENT_TWICE: _("The same event stands in the document before, at %(other)s."),
    _P.EVENT_EXISTS: _("The name “%(value)s” belongs to another event on record."),
    _P.NOT_A_PLACE: _("“%(value)s” names goods; a place or a party is expected here."),
    _P.EPC_INVALID: _("“%(value)s” is not a correct identifier of GS1 (%(reason)s)."),
    _P.EPC_NAMES_A_CLASS: _(
        "“%(value)s” names a class, such as a product or a lot; it belongs into a list of quantities."
    ),
    _P.CLASS_NAMES_AN_INSTANCE: _("“%(value)s” names one thing; it belongs into a list of EPCs."),
    _P.IDENTIFIERS_MISSING: _("The event does not say what it is about: EPCs, quantities, or sensor data of a place."),
    _P.CHILDREN_MISSING: _("The event does not say what was put in or taken out."),
    _P.PARENT_MISSING: _("%(type)s %(action)s needs the parentID."),
    _P.PARENT_AMONG_CHILDREN: _("“%(value)s” cannot hold itself."),
    _P.INPUTS_MISSING: _("The transformation has no inputs."),
    _P.OUTPUTS_MISSING: _("The transformation has no outputs."),
    _P.QUANTITY_NEGATIVE: _("A quantity cannot be %(value)s."),
    _P.QUANTITY_NOT_WHOLE: _("%(value)s pieces are not possible. A quantity that is measured needs its unit (uom)."),
    _P.UNIT_INVALID: _("“%(value)s” is not a unit code of UN/ECE Recommendation 20 such as KGM."),
    _P.UNIT_WITHOUT_QUANTITY: _("There is a unit, but no quantity."),
    _P.ERROR_REASON_UNKNOWN: _("There is no standard reason “%(value)s” for an error."),
    _P.ERROR_DECLARED_BEFORE_EVENT: _("The error is said to have been declared before the event happened."),
    _P.ERROR_WITHDRAWN_AND_CORRECTED: _("What did not occur has no correction. Use incorrect_data to correct it."),
    _P.ERROR_CORRECTED_BY_ITSELF: _("An event in error cannot be its own correction."),
    _P.ERROR_DECLARATION_CHANGES_EVENT: _(
        "The declaration changes the event “%(value)s”. Repeat it as it is on record."
    ),
    _P.ERROR_DECLARED_BY_ANOTHER: _("Only who recorded the event “%(value)s” can declare it wrong."),
    _P.MEASUREMENT_TYPE_UNKNOWN: _("There is no standard measurement type “%(value)s”."),
    _P.SENSOR_ALERT_UNKNOWN: _("There is no standard sensor alert “%(value)s”."),
    _P.COMPONENT_UNKNOWN: _("There is no standard component “%(value)s”."),
    _P.SENSOR_VALUE_MISSING: _("The sensor report has no value."),
    _P.SENSOR_UNIT_MISSING: _("A value of %(type)s needs its unit (uom)."),
    _P.SENSOR_UNIT_WRONG: _("%(value)s is not a unit of %(type)s."),
    _P.SENSOR_RANGE_CONTRADICTS: _("Least, mean and greatest value contradict each other."),
    _P.SENSOR_TIMES_CONTRADICT: _("The measurement ends before it starts."),
    _P.PERCENTILE_INCOMPLETE: _("A percentile needs its rank and its value."),
    _P.PERCENTILE_OUT_OF_RANGE: _("A percentile's rank is from 0 to 100, not %(value)s."),
    _P.DEVIATION_NEGATIVE: _("A standard deviation cannot be %(value)s."),
    _P.PERSONAL_DATA_TELEPHONE: _(
        "This looks like a telephone number. What is recorded stays readable for everybody: leave it out."
    ),
    _P.PERSONAL_DATA_EMAIL: _(
        "This looks like an e-mail address. What is recorded stays readable for everybody: leave it out."
    ),
    _P.PERSONAL_DATA_IDENTITY_NUMBER: _(
        "This looks like an identity number. What is recorded stays readable for everybody: leave it out."
    ),
    _P.PERSONAL_DATA_ORDER_NUMBER: _("Order numbers lead to people. Name the group instead."),
    _P.PERSONAL_DATA_FIELD: _(
        "“%(field)s” tells of a person. What is recorded stays readable for everybody: leave it out."
    ),
}


def problem_text(problem: Problem) -> str:
    """What is wrong, in one sentence, in the language that is active."""
    return str(_TEXTS[problem.name]) % problem.parameters


def problem_details(problem: Problem, line: int | None = None) -> dict[str, Any]:
    """One element of the `errors` of problem details (RFC 9457): name, JSON pointer, line, sentence.

    Args:
        line: of the document as it was sent, from 1 on, if it is known.
    """
    details: dict[str, Any] = {"problem": problem.name.value, "pointer": f"#{problem.pointer}"}
    if line is not None:
        details["line"] = line
    return details | {"detail": problem_text(problem)}
