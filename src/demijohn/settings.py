"""Settings: features, the application's own values, and one section per bundled battery.

Nothing below imports this module: a battery receives its section only. How values are read is `demijohn.configuration`.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any, ClassVar, Literal, Self, cast

from flask import current_app
from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from werkzeug.local import LocalProxy

from demijohn.admin.settings import AdminSettings
from demijohn.audit.settings import AuditSettings
from demijohn.auth.settings import AuthSettings
from demijohn.configuration.development_key import development_key
from demijohn.configuration.faults import Fault, explain, faulty_paths
from demijohn.configuration.fields import Setting, expected, variable_name
from demijohn.configuration.reading import Reading, read
from demijohn.configuration.rules import host_of, path_of, url_problem
from demijohn.configuration.server import production_server
from demijohn.configuration.sources import application_folder
from demijohn.configuration.start import Start, start_problems, warnings
from demijohn.contributions import Problem
from demijohn.database.settings import DatabaseSettings
from demijohn.errors import SetupError
from demijohn.forms.settings import FormsSettings
from demijohn.mail.settings import MailSettings
from demijohn.migrations.settings import MigrationsSettings
from demijohn.observability.settings import ObservabilitySettings
from demijohn.redis.settings import RedisSettings
from demijohn.section import Section
from demijohn.security.settings import SecuritySettings
from demijohn.sessions.settings import SessionsSettings


class Features(Section):
    """One switch per battery."""

    database: bool = Field(default=True, description="Flask-SQLAlchemy under one typed base.")
    migrations: bool = Field(default=True, description="Flask-Migrate with a branch per battery.")
    security: bool = Field(default=True, description="CSRF, headers, limits, throttles.")
    sessions: bool = Field(default=True, description="Sessions in a table.")
    audit: bool = Field(default=True, description="A log of every change.")
    forms: bool = Field(default=True, description="Form macros and JSON bodies.")
    mail: bool = Field(default=True, description="Mail through an outbox.")
    auth: bool = Field(default=True, description="Accounts, roles and permissions.")
    admin: bool = Field(default=True, description="The dashboard.")
    observability: bool = Field(default=True, description="Request ids, logs and health.")


class Settings(BaseSettings):
    """Everything an application can be told.

    Strongest first: arguments, environment, `.env` beside the application, secret files, defaults. A project adds its
    own fields and sections in a subclass.
    """

    model_config = SettingsConfigDict(
        extra="forbid", hide_input_in_errors=True, frozen=True, validate_default=True, env_prefix="FLASK_"
    )

    config_keys: ClassVar[Mapping[str, str]] = {
        "SECRET_KEY": "secret_key",
        "SECRET_KEY_FALLBACKS": "secret_key_fallbacks",
        "DEBUG": "environment",
        "TESTING": "environment",
        "PREFERRED_URL_SCHEME": "public_url",
        "APPLICATION_ROOT": "public_url",
        "SESSION_COOKIE_PATH": "public_url",
        "SESSION_COOKIE_SECURE": "environment",
        "TRUSTED_HOSTS": "public_url",
    }

    name: str = Field(default="", description="The application's name as people see it.")
    environment: Literal["development", "testing", "production"] = Field(
        default="production",
        description="Where it runs. FLASK_DEBUG=1 or `flask --debug` mean development if this is not said.",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description="Signs cookies and tokens: at least 32 random bytes. "
        "Production must have one; development makes its own in `instance/`.",
    )
    secret_key_fallbacks: list[SecretStr] = Field(
        default=[], description="Older keys that still verify, newest first: rotate without ending sessions."
    )
    public_url: str | None = Field(
        default=None,
        description="Where people reach the application: https in production. Its host is trusted, mailed links start "
        "with it, and a path in it is where the application is mounted.",
    )
    checks_silenced: list[str] = Field(
        default=[], description="Ids of warnings that `flask check` leaves out. Errors can't be silenced."
    )
    housekeeping: Literal["server", "none"] = Field(
        default="server",
        description="Who does the work that comes round (pruning, sealing the audit log): a thread in each serving "
        "process, or nobody but `flask prune` and `flask audit seal`.",
    )
    config: dict[str, Any] = Field(
        default={}, description="Keys for `app.config` that no field fills: FLASK_CONFIG__<KEY>, text or JSON."
    )
    features: Features = Field(default_factory=Features, description="One switch per battery.")
    redis: RedisSettings = Field(default_factory=RedisSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    migrations: MigrationsSettings = Field(default_factory=MigrationsSettings)
    security: SecuritySettings = Field(default_factory=SecuritySettings)
    sessions: SessionsSettings = Field(default_factory=SessionsSettings)
    audit: AuditSettings = Field(default_factory=AuditSettings)
    forms: FormsSettings = Field(default_factory=FormsSettings)
    mail: MailSettings = Field(default_factory=MailSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
    observability: ObservabilitySettings = Field(default_factory=ObservabilitySettings)

    _reading: Reading = PrivateAttr()
    _arguments: dict[str, Any] = PrivateAttr()
    _folder: Path | None = PrivateAttr()

    def __init__(self, *, _folder: Path | None = None, _starting: bool = False, **values: Any) -> None:
        """Read and validate.

        Args:
            values: fields, and sections as mappings or instances; what they leave out is read from elsewhere.
            _folder: where `.env` lies; a project's own subclass is read from beside the project anyway.
            _starting: ask what a start asks as well, so that everything wrong is told at once.

        Raises:
            SetupError: everything that is wrong, one line each.
        """
        folder = _folder or folder_of_class(type(self))
        reading = read(type(self), values, folder)
        faults = list(reading.faults)
        unsure: set[str] = set()
        try:
            super().__init__(**reading.values)
        except ValidationError as error:
            faults += explain(error, reading.settings, reading.origins, reading.raw)
            unsure = faulty_paths(error, reading.settings)
            try:
                super().__init__(**reading.values_without(unsure))
            except ValidationError:
                raise together(faults) from None
        self._reading, self._arguments, self._folder = reading, values, folder
        faults += refused_keys(self, reading)
        if _starting:
            faults += [Fault(problem.text, problem.fix) for problem in start_problems(self.start(unsure=unsure))]
        if faults:
            raise together(faults) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `demijohn.configuration` read: it knows order, lines and origins."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("public_url")
    @classmethod
    def _address(cls, url: str | None) -> str | None:
        if url is not None and (problem := url_problem(url)):
            raise ValueError(problem)
        return url.rstrip("/") if url else None

    @classmethod
    def for_application(cls, import_name: str, **values: Any) -> Self:
        """Settings of this application, from the environment and the `.env` beside it, fit to start with.

        Raises:
            SetupError: everything that is wrong, one line each.
        """
        return cls(_folder=application_folder(import_name), _starting=True, **values)

    def beside(self, import_name: str) -> Self:
        """These settings, completed by the `.env` beside the application, fit to start with.

        Raises:
            SetupError: everything that is wrong, one line each.
        """
        if self.environment == "testing":
            return self  # neither reads `.env` nor is asked what a start asks
        complete = type(self).__new__(type(self))
        Settings.__init__(complete, _folder=application_folder(import_name), _starting=True, **self._arguments)
        return complete

    def flask_config(self) -> dict[str, Any]:
        """Flask's own keys that the root fields fill, and those of the project's own sections."""
        debug = self._reading.debug
        filled: dict[str, Any] = {
            "SECRET_KEY": self.secret_key.get_secret_value() if self.secret_key else None,
            "SECRET_KEY_FALLBACKS": [key.get_secret_value() for key in self.secret_key_fallbacks],
            "DEBUG": self.environment == "development" and (debug is None or debug.on),
            "TESTING": self.environment == "testing",
            "SESSION_COOKIE_SECURE": self.environment == "production" and not self.sessions.insecure_cookie,
            "SESSION_COOKIE_SAMESITE": "Lax",
        }
        if self.public_url is not None:
            filled["PREFERRED_URL_SCHEME"] = self.public_url.partition("://")[0]
            filled["APPLICATION_ROOT"] = filled["SESSION_COOKIE_PATH"] = path_of(self.public_url)
            if self.environment == "production":
                filled["TRUSTED_HOSTS"] = [host_of(self.public_url)]
        for name, section in self:
            if isinstance(section, Section) and name not in Features.model_fields:
                filled |= section.flask_config()
        return filled

    def own_key(self, instance: Path) -> str:
        """A secret key where none was set: development keeps one in the instance folder, a test gets a passing one."""
        return development_key(instance) if self.environment == "development" else token_hex(32)

    def start(self, *, environment: str | None = None, unsure: Collection[str] = ()) -> Start:
        """What the rules of a start look at; `environment` asks as if it were that one."""
        debug = self._reading.debug
        return Start(
            environment=environment or self.environment,
            secret_key=self.secret_key.get_secret_value() if self.secret_key else None,
            fallbacks=[key.get_secret_value() for key in self.secret_key_fallbacks],
            public_url=self.public_url,
            insecure_cookie=self.sessions.insecure_cookie,
            debug_by=str(debug.origin) if debug and debug.on else None,
            server=production_server(),
            unsure=frozenset(unsure),
            name_of=self.said,
        )

    def is_explicit(self, path: str) -> bool:
        """Whether anybody said so (an argument, a variable, `.env` or a secret file), as against the default."""
        return any(said == path or said.startswith(f"{path}.") for said in self._reading.origins)

    def origin(self, path: str) -> str:
        """Who said the value, for people: `FLASK_NAME (environment)`, `SECRET_KEY (.env:4)`, `argument`, `default`."""
        said = self._reading.origins.get(path)
        inside = (origin for key, origin in self._reading.origins.items() if key.startswith(f"{path}."))
        said = said or next(inside, None)
        return str(said) if said else "default"

    def said(self, path: str) -> str:
        """The name a value was said under and where, to begin a sentence with."""
        origin = self.origin(path)
        if origin == "default":
            return self._reading.settings[path].usual_name
        return f"{path} (argument)" if origin == "argument" else origin

    def listed(self) -> Iterator[tuple[Setting, Any]]:
        """Every setting with its value, in reading order; a mapping that holds something is one setting per key."""
        for setting in self._reading.settings.values():
            value: Any = self
            for name in setting.path.split("."):
                value = value[name] if isinstance(value, dict) else getattr(value, name)
            if setting.kind == "mapping" and value:
                yield from ((setting.item(str(key)), one) for key, one in value.items())
            else:
                yield setting, value

    def problems(self, *, deploy: bool = False, commands: Collection[str] | None = None) -> list[Problem]:
        """What `flask check` says about the settings.

        Args:
            deploy: ask what a production start asks.
            commands: the names of all commands; None leaves odd variables alone, for they may be a command's.
        """
        known = self._reading.settings
        fillers = {key: filler(known.get(path), path) for key, path in filled_keys(self).items()}
        found = list(warnings(self.start(), self._reading, commands, fillers))
        if deploy:
            found += start_problems(self.start(environment="production"))
        return found


def folder_of_class(model: type[Settings]) -> Path | None:
    """Beside the project that defines a subclass; demijohn's own class has no project."""
    return None if model.__module__.partition(".")[0] == "demijohn" else application_folder(model.__module__)


def together(faults: list[Fault]) -> SetupError:
    return SetupError.together([(fault.problem, fault.fix) for fault in dict.fromkeys(faults)])


def filled_keys(settings: Settings) -> dict[str, str]:
    """Key of `app.config` -> path of the field that fills it, or of the section if it is no single field."""
    filled = dict(settings.config_keys)
    for name, section in settings:
        if isinstance(section, Section):
            filled |= dict.fromkeys(section.flask_config(), name)
            filled |= {key: f"{name}.{field}" for key, field in section.config_keys.items()}
    return filled


def filler(setting: Setting | None, path: str) -> str:
    """The variable that fills a key."""
    return setting.usual_name if setting else f"{variable_name(path)}__<FIELD>"


def refused_keys(settings: Settings, reading: Reading) -> list[Fault]:
    """Keys of `config` that a field fills."""
    if not settings.config:
        return []
    filled = filled_keys(settings)
    taken = [key for key in settings.config if key in filled]
    return [
        key_fault(key, reading.settings.get(filled[key]), filled[key], settings.said(f"config.{key}")) for key in taken
    ]


def key_fault(key: str, setting: Setting | None, path: str, said: str) -> Fault:
    name = filler(setting, path)
    fix = f"{name}=<{expected(setting.field)}>" if setting else f"`flask settings` lists the fields of {path}"
    return Fault(f"{said}: {key} is filled by {name}.", f"remove it, and set {fix}")


current_settings: Settings = cast("Settings", LocalProxy(lambda: current_app.extensions["demijohn"].settings))
"""The settings of the current application."""
