"""The forms that carry passkeys."""

from typing import Any

from flask import request
from wtforms import BooleanField, HiddenField, StringField

from demijohn.auth.forms import AccountForm
from demijohn.auth.passkeys.keeping import LONGEST_NAME
from demijohn.words import lazy_gettext


class PasskeyForm(AccountForm):
    """A passkey shown: the browser's script puts it into `credential`."""

    credential = HiddenField()
    remember = BooleanField(lazy_gettext("Keep me signed in on this device"))
    trust = BooleanField(lazy_gettext("Do not ask again on this device"))
    next = HiddenField()

    def sent(self) -> Any:
        """The credential as JSON text; from a program what it says."""
        return sent_credential(self)


class NewPasskeyForm(AccountForm):
    """A passkey just made."""

    credential = HiddenField()
    name = StringField(lazy_gettext("Name"), render_kw={"maxlength": LONGEST_NAME})

    def sent(self) -> Any:
        return sent_credential(self)


class RenamePasskeyForm(AccountForm):
    name = StringField(lazy_gettext("Name"), render_kw={"maxlength": LONGEST_NAME})


def sent_credential(form: Any) -> Any:
    """What stands in `credential`; JSON bodies hold an object there, which the form would have taken apart."""
    if not request.is_json:
        return form.credential.data or ""
    body = request.get_json()
    return body.get("credential", "") if isinstance(body, dict) else ""
