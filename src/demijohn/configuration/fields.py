"""What a settings field is, in words: its kind, whether it is secret, what may be written for it."""

import enum
import json
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

Kind = Literal["text", "list", "mapping", "json"]
MASK = "********"
SECRET_NAME = re.compile(r"key|secret|token|password|passwd|credential|dsn|salt", re.IGNORECASE)
"""Keys of `config` whose values nobody else may see; fields say so by their type."""
CREDENTIALS = re.compile(r"://[^/\s]*@")

PLATFORM: Mapping[str, str] = {
    "SECRET_KEY": "secret_key",
    "SECRET_KEY_FALLBACKS": "secret_key_fallbacks",
    "DATABASE_URL": "database.url",
    "REDIS_URL": "redis.url",
    "MAIL_URL": "mail.url",
    "PUBLIC_URL": "public_url",
}
"""Names that hosting platforms set, and the field each fills."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One field of the settings, wherever it is nested.

    Attributes:
        path: `database.pool_size`.
        owner: the model that declares it.
        key: for one value of a mapping, its key; `path` ends in it.
    """

    path: str
    field: FieldInfo
    owner: type[BaseModel]
    key: str | None = None

    @property
    def variable(self) -> str:
        """`FLASK_DATABASE__POOL_SIZE`."""
        return variable_name(self.path)

    @property
    def platform_name(self) -> str | None:
        return next((name for name, path in PLATFORM.items() if path == self.path), None)

    @property
    def usual_name(self) -> str:
        """The name people write: the platform's if there is one."""
        return self.platform_name or self.variable

    @property
    def kind(self) -> Kind:
        return kind_of(self.field.annotation)

    @property
    def is_secret(self) -> bool:
        return is_secret(self.field.annotation) or bool(self.key and SECRET_NAME.search(self.key))

    def item(self, key: str) -> "Setting":
        """One value of a mapping."""
        return replace(self, path=f"{self.path}.{key}", key=key)


def variable_name(path: str) -> str:
    return "FLASK_" + path.replace(".", "__").upper()


def any_name(path: str) -> Iterable[str]:
    """Stands for whatever name a project gives a section of its own: `auth.oidc.<name>.issuer`."""
    del path
    return ("<name>",)


NamesIn = Callable[[str], Iterable[str]]
"""Path of a field that holds named sections (`auth.oidc`) -> the names there are."""


def settings_of(model: type[BaseModel], prefix: str = "", names_in: NamesIn = any_name) -> Iterator[Setting]:
    """Every field that holds a value, section by section, in the order declared."""
    for name, field in model.model_fields.items():
        for path, section in inner_sections(f"{prefix}{name}", field, names_in):
            yield from settings_of(section, f"{path}.", names_in)
        if section_type(field.annotation) is None and named_type(field.annotation) is None:
            yield Setting(path=f"{prefix}{name}", field=field, owner=model)


def sections_of(
    model: type[BaseModel], prefix: str = "", names_in: NamesIn = any_name
) -> Iterator[tuple[str, type[BaseModel]]]:
    """Path and class of every section, outer before inner."""
    for name, field in model.model_fields.items():
        for path, section in inner_sections(f"{prefix}{name}", field, names_in):
            yield path, section
            yield from sections_of(section, f"{path}.", names_in)


def inner_sections(path: str, field: FieldInfo, names_in: NamesIn) -> Iterator[tuple[str, type[BaseModel]]]:
    """Path and class of the section a field is, or of each named section it holds."""
    section, named = section_type(field.annotation), named_type(field.annotation)
    if section is not None:
        yield path, section
    if named is not None:
        yield from ((f"{path}.{name}", named) for name in names_in(path))


def named_sections_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Path and class of every field that holds sections under names of the project's own (`auth.oidc`)."""
    for name, field in model.model_fields.items():
        section, named = section_type(field.annotation), named_type(field.annotation)
        if named is not None:
            yield f"{prefix}{name}", named
        elif section is not None:
            yield from named_sections_of(section, f"{prefix}{name}.")


def alternatives(annotation: Any) -> list[Any]:
    """The types a value may have, `None` left out."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return [one for one in get_args(annotation) if one is not type(None)]
    return [annotation]


def section_type(annotation: Any) -> type[BaseModel] | None:
    found = alternatives(annotation)
    return found[0] if len(found) == 1 and isinstance(found[0], type) and issubclass(found[0], BaseModel) else None


def named_type(annotation: Any) -> type[BaseModel] | None:
    """The class of the sections in a `dict[str, Section]`."""
    arguments = get_args(annotation)
    return section_type(arguments[1]) if get_origin(annotation) is dict and len(arguments) == 2 else None


def kind_of(annotation: Any) -> Kind:
    for one in alternatives(annotation):
        origin = get_origin(one) or one
        if origin is Any:
            return "json"
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return "mapping"
        if origin in {list, tuple, set, frozenset}:
            return "list"
    return "text"


def is_secret(annotation: Any) -> bool:
    if annotation in {SecretStr, SecretBytes}:
        return True
    return any(is_secret(one) for one in get_args(annotation) if not isinstance(one, str))


def expected(field: FieldInfo) -> str:
    """What may be written, for a fix and for the reference: `a whole number, at least 1`."""
    words = " or ".join(dict.fromkeys(words_for(one) for one in alternatives(field.annotation)))
    limits = [limit for rule in field.metadata for limit in limits_of(rule)]
    return ", ".join([words, *limits])


def words_for(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Literal:
        return "one of " + ", ".join(str(value) for value in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return "one of " + ", ".join(str(member.value) for member in annotation)
    if origin is not None or annotation in {list, dict, tuple, set}:
        return {"list": "a list, separated by commas", "mapping": "one variable per key, or JSON"}.get(
            kind_of(annotation), "JSON"
        )
    return PLAIN_WORDS.get(annotation, "text")


PLAIN_WORDS: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    timedelta: "a number of seconds",
    SecretStr: "text (secret)",
    Any: "JSON",
}


def limits_of(rule: object) -> Iterator[str]:
    """The words for pydantic's limits (`ge`, `le`, ...), which it keeps as objects with that one attribute."""
    for name, words in LIMIT_WORDS.items():
        limit = getattr(rule, name, None)
        if limit is not None:
            yield f"{words} {limit}"


LIMIT_WORDS: Mapping[str, str] = {
    "ge": "at least",
    "gt": "more than",
    "le": "at most",
    "lt": "less than",
    "min_length": "length at least",
    "max_length": "length at most",
}


def shown(setting: Setting, value: Any) -> str:
    """A value as people may see it: never a secret's."""
    text = "" if value is None else as_text(value)
    hidden = setting.is_secret or (setting.key is not None and CREDENTIALS.search(text))
    return MASK if hidden and value else text


def as_text(value: Any) -> str:
    """A value as it is written in a variable."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, list | tuple | set | frozenset):
        return ",".join(as_text(one) for one in value)
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    if isinstance(value, Mapping):
        return json.dumps({str(key): value[key] for key in value}, default=str)
    return str(value)
