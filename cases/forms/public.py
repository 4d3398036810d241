"""What strangers type: the feedback form, the look-up, supplements and opinions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from audit.exceptions import InvalidInput
from cases import challenge
from cases.actions.intake import LONGEST_TEXT, Accused, Goods, Intake, Reporter
from cases.actions.public import Submission
from cases.actions.tracking import Supplement
from cases.models import Channel, Kind
from cases.policy import CasesPart
from cases.queries import public as offers
from customers.models import ConsentText
from documents.inspection import objections
from documents.limits import public_limits
from organization import text
from organization.forms.fields import LineField, TextField
from regulations.profiles import version_for

_CLOCK = signing.Signer(salt="cases.forms.public.started")


class FilesInput(forms.ClearableFileInput):
    """Several files in one field."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Up to as many files as strangers may send; all that is wrong with them is said at once (INT-24)."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> tuple[UploadedFile, ...]:
        """The files; each one that is refused is named with its reason."""
        given = data if isinstance(data, (list, tuple)) else [data] if data else []
        files = tuple(file for file in given if file)
        found = objections(cast(Sequence[Any], files), limits=public_limits())
        if found:
            raise ValidationError(found)
        return files


class LongTextField(TextField):
    """A text of at most 20,000 characters; no ``maxlength``, because browsers cut off silently what is pasted."""

    def clean(self, value: Any) -> str:
        """The clean text; one that is too long stays in the page, with what to do."""
        cleaned = str(super().clean(value))
        if len(cleaned) > LONGEST_TEXT:
            raise ValidationError(
                _(
                    "The text has %(n)s characters; at most %(max)s fit. Please shorten it, or attach the rest "
                    "as a file."
                )
                % {"n": f"{len(cleaned):,}", "max": f"{LONGEST_TEXT:,}"}
            )
        return cleaned


def started_now() -> str:
    """A signed reading of the clock for a form's hidden field."""
    return _CLOCK.sign(str(int(timezone.now().timestamp())))


def seconds_since(started: str) -> float | None:
    """How long ago a form was opened; None for a value that we did not sign."""
    try:
        return timezone.now().timestamp() - int(_CLOCK.unsign(started))
    except (signing.BadSignature, ValueError):
        return None


# Also said by the browser, before anything is sent.
_NO_KIND = gettext_lazy("Please choose what it is.")
_NO_TEXT = gettext_lazy("Please write what happened.")
_NO_CONSENT = gettext_lazy("Without your consent we may not keep what you entered. Please tick it.")
_DAMAGED = gettext_lazy("The form was damaged on its way. Your text is still here; please send it again.")


class FeedbackForm(forms.Form):
    """The public form (INT-23): what, about what, how to reach you, consent."""

    kind = forms.ModelChoiceField(
        Kind.objects.none(),
        to_field_name="code",
        empty_label=None,
        widget=forms.RadioSelect(attrs={"data-missing": _NO_KIND}),
        label=gettext_lazy("What is it about?"),
        error_messages={"required": _NO_KIND},
    )
    text = LongTextField(
        label=gettext_lazy("What happened"),
        widget=forms.Textarea(attrs={"rows": 5, "data-missing": _NO_TEXT}),
        error_messages={"required": _NO_TEXT},
    )
    product_text = LineField(required=False, max_length=120, label=gettext_lazy("Product or store"))
    files = FilesField(required=False, label=gettext_lazy("Photos or files"))  # type: ignore[assignment]
    contact = LineField(required=False, max_length=120, label=gettext_lazy("Mobile number or e-mail"))
    contact_refused = forms.BooleanField(required=False, label=gettext_lazy("I do not want to leave a contact"))
    name = LineField(required=False, max_length=100, label=gettext_lazy("Your name"))
    consent = forms.BooleanField(
        widget=forms.CheckboxInput(attrs={"data-missing": _NO_CONSENT}), error_messages={"required": _NO_CONSENT}
    )
    # What people do not see: the page writes these by hand, and what is wrong with them stands above the form.
    website = forms.CharField(required=False, widget=forms.HiddenInput)
    started = forms.CharField(required=False, widget=forms.HiddenInput)
    consent_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    submission_key = forms.UUIDField(
        widget=forms.HiddenInput, error_messages={"required": _DAMAGED, "invalid": _DAMAGED}
    )
    proof = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, consent_text: ConsentText | None, minimum_seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = offers.public_kinds()
        cast(forms.ModelChoiceField, self.fields["kind"]).queryset = Kind.objects.filter(
            code__in=[kind.code for kind in kinds]
        )
        self.fields["kind"].choices = [(kind.code, str(kind)) for kind in kinds]  # type: ignore[attr-defined]
        self.consent_text, self.minimum_seconds = consent_text, minimum_seconds
        if consent_text is None:
            del self.fields["consent"]
        else:
            self.fields["consent"].label = _consent_label(consent_text)
        self.proven: challenge.Proof | None = None

    def clean_contact(self) -> str:
        """A telephone number or an e-mail address that can be right."""
        value = str(self.cleaned_data["contact"])
        if not value:
            return ""
        if "@" in value:
            validate_email(value)
        elif text.normalise_phone(value).e164 is None:
            raise ValidationError(
                _(
                    "This is neither a telephone number nor an e-mail address. Please check it, or write it "
                    "with area code."
                )
            )
        return value

    def clean(self) -> dict[str, Any]:
        """What concerns several fields, and whether this was a person."""
        data = super().clean() or self.cleaned_data
        self._check_contact(data)
        self._check_consent(data)
        self._check_robot(data)
        self._check_kind(data)
        return data

    def _check_contact(self, data: dict[str, Any]) -> None:
        contact, refused = data.get("contact"), data.get("contact_refused")
        if contact is None:
            return
        if not contact and not refused:
            self.add_error(
                "contact",
                _("Please enter a mobile number or e-mail address, or tick that you do not want to leave one."),
            )
        if contact and refused:
            self.add_error(
                "contact", _("You entered a contact and ticked that you leave none. Please remove one of the two.")
            )

    def _check_consent(self, data: dict[str, Any]) -> None:
        if self.consent_text and data.get("consent") and data.get("consent_version") != self.consent_text.version:
            self.add_error(
                "consent", _("The text on data protection has changed meanwhile. Please read it and tick again.")
            )

    def _check_robot(self, data: dict[str, Any]) -> None:
        if data.get("website"):
            self.add_error(
                None,
                _(
                    "A field that people do not see was filled in, perhaps by your browser. It is empty again; "
                    "please send once more."
                ),
            )
        age = seconds_since(data.get("started", ""))
        if age is None or age < self.minimum_seconds:
            self.add_error(
                None,
                _("That was faster than anybody types. Please check your entry and send it again in a few seconds."),
            )
        try:
            self.proven = challenge.check(data.get("proof", ""))
        except InvalidInput as error:
            self.add_error(None, error.message)

    def _check_kind(self, data: dict[str, Any]) -> None:
        """A site or product may stand under a profile that does not know the kind."""
        self.named = offers.named(data.get("product_text", ""))
        kind = data.get("kind")
        version = version_for(site=self.named.site, product=self.named.product)
        if kind is not None and kind.code not in version.part(CasesPart).kinds:
            self.add_error(
                "kind", _("This is not taken for the product or store that you named. Please choose another.")
            )

    def submission(self, *, sender: str) -> Submission:
        """The clean values; call it on a valid form."""
        data = self.cleaned_data
        assert self.proven is not None  # noqa: S101 - a form without one is not valid
        contact = data["contact"]
        intake = Intake(
            kind=data["kind"],
            channel=Channel.objects.get(code="web_form"),
            text=data["text"],
            reporter=Reporter(
                name=data["name"],
                phone="" if "@" in contact else contact,
                email=contact if "@" in contact else "",
                refused=data["contact_refused"],
            ),
            goods=Goods(product=self.named.product, product_text=self.named.words),
            accused=Accused(site=self.named.site),
            language="en" if get_language() == "en" else "zh-hans",
            consent=self.consent_text,
            submission_key=data["submission_key"],
        )
        return Submission(intake, self.proven, sender, data["files"])


def _consent_label(consent: ConsentText) -> str:
    link = format_html(
        '<a href="{}" target="_blank" rel="noopener">{}</a>',
        f"{reverse('feedback_privacy')}?version={consent.version}",
        _("Data protection, version %(n)s") % {"n": consent.version},
    )
    return format_html(
        "{} {}", _("I agree that this is used only to handle this feedback; I may have it deleted at any time."), link
    )


class TrackForm(forms.Form):
    """Number, and the access code or the last four digits of the telephone."""

    number = LineField(
        max_length=40,
        label=gettext_lazy("Number"),
        error_messages={"required": gettext_lazy("Please enter the number of your feedback.")},
    )
    secret = LineField(
        max_length=40,
        label=gettext_lazy("Access code, or last 4 digits of your telephone"),
        error_messages={
            "required": gettext_lazy("Please enter the access code, or the last four digits of your telephone.")
        },
    )


class OwnIds(forms.Form):
    """A form that shares a page with others: its fields have ids of their own."""

    place = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = f"{self.place}_%s"
        super().__init__(*args, **kwargs)


class SupplementForm(OwnIds):
    """What a customer adds to a case."""

    place = "supplement"

    text = LongTextField(required=False, label=gettext_lazy("What do you want to add?"), rows=4)
    files = FilesField(required=False, label=gettext_lazy("Photos or files"))  # type: ignore[assignment]
    submission_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        """Text or files; files alone get words, because every contact has some."""
        data = super().clean() or self.cleaned_data
        files = data.get("files")
        if "text" in data and not data["text"] and not self.errors:
            if not files:
                self.add_error("text", _("Please write something, or choose a file."))
            else:
                data["text"] = ngettext("(%(n)d file)", "(%(n)d files)", len(files)) % {"n": len(files)}
        return data

    def supplement(self) -> Supplement:
        """The clean values; call it on a valid form."""
        data = self.cleaned_data
        return Supplement(data["text"], data["submission_key"], data["files"])


class OpinionForm(OwnIds):
    """Satisfied, or not solved, with a remark."""

    place = "opinion"

    opinion = forms.ChoiceField(
        choices=[("yes", gettext_lazy("Satisfied")), ("no", gettext_lazy("Not solved yet"))],
        error_messages={"required": gettext_lazy("Please choose one of the two answers.")},
    )
    remark = LongTextField(required=False, rows=3, label=gettext_lazy("Anything you want to say about it (optional)"))
    submission_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class DemandForm(OwnIds):
    """Somebody senior is asked for."""

    place = "demand"

    demand = LongTextField(
        rows=3,
        label=gettext_lazy("What should be decided?"),
        error_messages={"required": gettext_lazy("Please write what you ask for.")},
    )
