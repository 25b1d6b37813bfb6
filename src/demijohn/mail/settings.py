"""Settings of the mail battery."""

from pydantic import Field

from ..section import Section


class MailSettings(Section):
    """How mail leaves."""

    config_keys = {"MAIL_DEFAULT_SENDER": "sender"}

    sender: str = Field("no-reply@localhost", description="The From address.")
