"""Settings of the mail battery."""

from pydantic import Field

from demijohn.section import Section


class MailSettings(Section):
    """How mail leaves."""

    config_keys = {"MAIL_DEFAULT_SENDER": "sender"}

    sender: str = Field(default="no-reply@localhost", description="The From address.")
