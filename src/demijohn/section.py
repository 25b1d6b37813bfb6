"""Section: the part of the settings that one battery reads."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, SecretStr


class Section(BaseModel):
    """Typed settings of one battery; every field has a type, a default and a description with its unit.

    `config_keys` names the `app.config` keys that a field fills: key -> field.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True, validate_default=True)

    config_keys: ClassVar[Mapping[str, str]] = {}

    def flask_config(self) -> dict[str, Any]:
        """The extension keys this section fills, ready for `app.config` (secrets in clear)."""
        return {key: _plain(getattr(self, field)) for key, field in self.config_keys.items()}


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
