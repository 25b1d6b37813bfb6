"""The form before acting as somebody."""

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from demijohn.auth.forms import AccountForm


class ActAsForm(AccountForm):
    reason = StringField(
        "Why",
        [InputRequired("Say why: it is written into the log."), Length(max=200, message="Use at most 200 characters.")],
        description="As “ticket 4711: her list stays empty”. Kept in the audit log.",
    )
