"""Records from a spreadsheet: read, shown, and signed only when all of it is right."""

import io

import xlsxwriter
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from pinlian.apps.capture.import_rows import COLUMNS, HEADINGS, STEP_NAMES, UNIT_WORDS, read_meaning
from pinlian.apps.capture.imports import PlannedRow, events_of, plan
from pinlian.apps.capture.pages import choices_of, for_handlers, prepared, show
from pinlian.apps.capture.spreadsheets import FILE_BYTES_MAX, ROWS_MAX, TableInvalid, read_rows

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_SHOWN = 200
_PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
"""Anybody may call a place =HYPERLINK(...): names are texts and nothing else."""

_REASONS: dict[str, Promise] = {
    "FILE": gettext_lazy("This file cannot be read. Send an Excel file (xlsx, xls), an OpenDocument table or a csv."),
    "TOO_LARGE": gettext_lazy("The file is too large: at most 5 MB."),
    "TOO_MANY_ROWS": gettext_lazy("The file has more than 500 rows. Send it in parts."),
    "NO_HEADINGS": gettext_lazy("No headings were found. The template shows which ones there are."),
}


class FileForm(forms.Form):
    account = forms.CharField(widget=forms.HiddenInput, required=False)
    file = forms.FileField(
        label=gettext_lazy("Spreadsheet"),
        help_text=gettext_lazy("xlsx, xls, ods or csv; up to 500 rows"),
        widget=forms.FileInput({"accept": ".xlsx,.xls,.ods,.csv,.txt"}),
    )


@for_handlers
@require_http_methods(["GET", "POST"])
def import_file(request: HttpRequest, person_id: int) -> HttpResponse:
    """A POST reads the file and shows what it says; nothing of it is kept here."""
    form = FileForm(request.POST or None, request.FILES or None)
    context: dict[str, object] = {"title": _("From a spreadsheet"), "form": form, "columns": COLUMNS}
    if request.method == "GET" or not form.is_valid():
        return show(request, "import", context, status=422 if form.errors else 200)
    choices = choices_of(person_id)
    try:
        table = read_rows(form.cleaned_data["file"].read(FILE_BYTES_MAX + 1), HEADINGS)
    except TableInvalid as error:
        form.add_error("file", str(_REASONS[error.reason]))
        return show(request, "import", context, status=422)
    rows = plan(person_id, read_meaning(table, choices, timezone.now()), choices.find)
    wrong = [each for each in rows if each.row.problems]
    new = [each for each in rows if not each.is_known]
    context |= {
        "rows": [_cells(each) for each in (wrong or rows)[:ROWS_SHOWN]],
        "row_count": len(rows),
        "new_count": len(new),
        "known_count": len(rows) - len(new),
        "wrong_count": len(wrong),
    }
    if new and not wrong:
        events = events_of(person_id, new)
        context["prepared"] = prepared(person_id, "import", form.cleaned_data["account"], events)
    return show(request, "import", context, status=422 if wrong or not rows else 200)


def _cells(each: PlannedRow) -> tuple[int, bool, list[tuple[str, str]]]:
    row = each.row
    cells = [(row.texts.get(column, ""), row.problems.get(column, "")) for column in COLUMNS]
    return row.number, each.is_known, cells


@for_handlers
@require_GET
def template(request: HttpRequest, person_id: int) -> HttpResponse:
    """A spreadsheet to fill in, with the person's goods and places to choose from."""
    choices = choices_of(person_id)
    chinese = request.LANGUAGE_CODE.startswith("zh")
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _PLAIN) as workbook:
        sheet = workbook.add_worksheet(_("Records"))
        bold, day = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, [str(name) for name in COLUMNS.values()], bold)
        sheet.set_column(0, 0, 12, day)
        sheet.set_column(1, len(COLUMNS) - 1, 16)
        sheet.freeze_panes(1, 0)
        lists = {
            "step": _first_words(STEP_NAMES, chinese=chinese),
            "goods": [item.name for item in choices.items],
            "unit": _first_words(UNIT_WORDS, chinese=chinese),
            "place": [site.name for site in choices.sites],
            "to": [site.name for site in choices.to],
        }
        shelf = workbook.add_worksheet(_("Lists"))
        for number, (column, words) in enumerate(lists.items()):
            shelf.write_row(0, number, [str(COLUMNS[column])], bold)
            shelf.write_column(1, number, words)
            if words:
                place, letter = list(COLUMNS).index(column), "ABCDEFGH"[number]
                source = f"='{_('Lists')}'!${letter}$2:${letter}${len(words) + 1}"
                rule = {"validate": "list", "source": source, "error_type": "warning"}
                sheet.data_validation(1, place, ROWS_MAX, place, rule)
    response = HttpResponse(target.getvalue(), content_type=XLSX_TYPE)
    disposition = content_disposition_header(as_attachment=True, filename=_("records") + ".xlsx")
    response["Content-Disposition"] = disposition or "attachment"
    return response


def _first_words(words: dict[str, str], *, chinese: bool) -> list[str]:
    """One word for each meaning: the first that is Chinese, or the first that is not."""
    found: dict[str, str] = {}
    for word, meaning in words.items():
        if word.isascii() != chinese:
            found.setdefault(meaning, word)
    return list(found.values())
