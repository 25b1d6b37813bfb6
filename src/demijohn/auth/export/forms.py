"""The form of the download."""

from demijohn.auth.forms import AccountForm


class ExportForm(AccountForm):
    """The button that downloads."""
