"""Settings of permissions, as part of the auth section."""

from pydantic import Field, field_validator

from demijohn.section import Section
from demijohn.security.settings import Words


class RightsSettings(Section):
    """What can be permitted, and what needs no permission."""

    permissions: Words = Field(
        default=[],
        description="Permissions of the project's own (`report.run`), beside those that every model has.",
    )
    public_endpoints: Words = Field(
        default=[],
        description="Endpoints and blueprints of the project that anybody may reach; `flask check` names the others.",
    )

    @field_validator("permissions")
    @classmethod
    def _have_two_parts(cls, names: list[str]) -> list[str]:
        for name in names:
            subject, _, action = name.partition(".")
            if not (subject and action) or not name.replace(".", "").replace("_", "").isalnum() or len(name) > 150:
                raise ValueError(f"{name!r} is no permission; write it like report.run")
        return names
