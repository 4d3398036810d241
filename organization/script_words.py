"""What the scripts of the pages say. They hold no sentence of their own: the page brings these along as data."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: By the name under which ``static/js/say.js`` finds them; %(name)s is filled in by the browser.
SCRIPT_WORDS: Final[dict[str, str | Promise]] = {
    "saved": _("Saved automatically at %(time)s"),
    "saving": _("Saving …"),
    "not_saved": _(
        "Not saved yet: the server cannot be reached. What you typed stays on this page; it is tried again by itself."
    ),
    "draft_expired": _(
        "Your sign-in has expired. What you typed stays on this page: sign in in a new window, then come back here."
    ),
    "draft_refused": _(
        "The draft was not saved because the server refused it. Copy your text before you leave this page."
    ),
    "sign_in": _("Sign in in a new window"),
    "field_missing": _("Please fill in “%(label)s”."),
    "field_wrong": _("“%(label)s” does not look right. Please check it."),
    "field_long": _("“%(label)s” may have at most %(n)s characters. Please shorten it."),
    "unsaved": _("What you typed on this page has not been saved. Leave anyway?"),
    "sending": _("Sending …"),
    "sending_files": _("Sending %(n)s file(s), %(size)s together. Please leave this page open."),
    "copied": _("Copied: %(text)s"),
    "not_copied": _("Your browser did not allow copying. Please select the text and copy it yourself."),
    "close": pgettext_lazy("window", "Close"),
    "remove": _("Remove %(name)s"),
    "no_match": _("Nothing matches “%(text)s”. Try fewer characters."),
    "matches": _("%(n)s suggestions; choose with the arrow keys"),
    "no_offers": _("The suggestions cannot be loaded just now. You can still type freely."),
    "too_many_files": _(
        "At most %(n)s files can be sent at once. “%(name)s” was left out; send it afterwards as a supplement."
    ),
    "file_too_large": _(
        "“%(name)s” has %(size)s, more than the %(limit)s allowed for one file. It was left out; "
        "please make it smaller."
    ),
    "files_too_large": _(
        "All files together may have %(limit)s. “%(name)s” was left out; send it afterwards as a supplement."
    ),
    "wrong_type": _(
        "Files of the type “%(type)s” cannot be accepted. “%(name)s” was left out; please send a picture or a PDF."
    ),
    "empty_file": _("“%(name)s” is empty (0 bytes). It was left out; please choose the file again."),
    "proving": _("One moment: your browser is proving that it is not a robot …"),
    "not_proved": _(
        "The check against robots could not be finished. Please reload the page and try again, or telephone us."
    ),
    "http_403": _(
        "You are not allowed to do this. Nothing was changed. If it is your task, ask your administrator for the right."
    ),
    "http_404": _("This is no longer here, or you may not see it. Nothing was changed. Please reload the page."),
    "http_413": _("What you sent is too large for the server. Nothing was saved; please send fewer or smaller files."),
    "http_429": _("That was too often in a short time. Nothing was changed; please wait a minute and try again."),
    "http_5xx": _("The server made a mistake. Your entry is still on this page; please try again in a minute."),
    "offline": _(
        "The server cannot be reached. Your entry is still on this page; please check the network and try again."
    ),
    "expired": _(
        "Your sign-in has expired. Nothing was changed. Sign in in a new window, then come back to "
        "this page and try again."
    ),
    "of_selected": _("%(n)s selected"),
}
