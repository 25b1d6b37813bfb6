"""The form before acting as somebody."""

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from demijohn.auth.forms import AccountForm
from demijohn.words import lazy_gettext


class ActAsForm(AccountForm):
    reason = StringField(
        lazy_gettext("Why"),
        [
            InputRequired(lazy_gettext("Say why: it is written into the log.")),
            Length(max=200, message=lazy_gettext("Use at most 200 characters.")),
        ],
        description=lazy_gettext("As “ticket 4711: her list stays empty”. Kept in the audit log."),
    )
