"""What must hold before an application may start, as problems with stable ids."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from demijohn.configuration.reading import Reading
from demijohn.configuration.rules import host_of, is_loopback, key_problem
from demijohn.configuration.unknown import is_somebody_elses
from demijohn.contributions import Problem

NEW_KEY = 'SECRET_KEY=$(python -c "import secrets; print(secrets.token_hex(32))")'
INSECURE = "FLASK_SESSIONS__INSECURE_COOKIE=true"


@dataclass(frozen=True, kw_only=True)
class Start:
    """What the rules look at.

    Attributes:
        name_of: path of a setting -> the name it was said under and where, for the text.
        debug_by: who switched Flask's debug mode on; None if it is off.
        server: the production server this runs under; None if none.
        unsure: paths whose values are wrong anyway, so that nothing is said about them twice.
    """

    environment: str
    secret_key: str | None = None
    fallbacks: list[str] = field(default_factory=list)
    public_url: str | None = None
    insecure_cookie: bool = False
    debug_by: str | None = None
    server: str | None = None
    unsure: frozenset[str] = frozenset()
    name_of: Callable[[str], str]


def start_problems(start: Start) -> list[Problem]:
    """Why the application may not start; empty if it may."""
    if "environment" in start.unsure:
        return []
    if start.environment == "production":
        return [*key_problems(start), *address_problems(start), *debug_problems(start)]
    if start.environment == "development":
        return list(development_problems(start))
    return []


def key_problems(start: Start) -> Iterator[Problem]:
    if not start.secret_key:
        yield error("E001", "SECRET_KEY is not set; production needs one.", NEW_KEY)
    elif weak := key_problem(start.secret_key):
        yield error("E002", f"{start.name_of('secret_key')}: the secret key {weak}.", NEW_KEY)
    for number, key in enumerate(start.fallbacks, 1):
        if weak := key_problem(key):
            said = start.name_of("secret_key_fallbacks")
            yield error("E003", f"{said}: key {number} {weak}, and what it signs is still believed.", "remove that key")


def address_problems(start: Start) -> Iterator[Problem]:
    if start.insecure_cookie or start.unsure & {"public_url", "sessions.insecure_cookie"}:
        return
    if start.public_url is None:
        text = (
            "PUBLIC_URL is not set; production needs the https address people use, for cookies, hosts and mailed links."
        )
        yield error("E004", text, f"PUBLIC_URL=https://<host>, or on a closed http network {INSECURE}")
    elif not start.public_url.startswith("https://"):
        text = f"{start.name_of('public_url')}: the address is not https, so sessions would travel unencrypted."
        yield error("E005", text, f"PUBLIC_URL=https://<host>, or on a closed http network {INSECURE}")


def debug_problems(start: Start) -> Iterator[Problem]:
    if start.debug_by:
        text = f"{start.debug_by}: debug mode lets anybody who causes an error run code, and this is production."
        yield error("E006", text, "FLASK_DEBUG=0, or FLASK_ENVIRONMENT=development")


def development_problems(start: Start) -> Iterator[Problem]:
    said = start.name_of("environment")
    if start.public_url is not None and not is_loopback(host_of(start.public_url)):
        text = f"{start.name_of('public_url')}: {said} says development, but this address is not this machine's."
        yield error("E007", text, "FLASK_ENVIRONMENT=production, or PUBLIC_URL=http://localhost:5000")
    if start.server is not None:
        text = f"{said}: the environment is development, but {start.server} serves it."
        yield error(
            "E008", text, "FLASK_ENVIRONMENT=production (and FLASK_DEBUG=0), or serve it with `flask run --debug`"
        )


def error(number: str, text: str, fix: str) -> Problem:
    return Problem(id=f"settings.{number}", level="error", text=text, fix=fix)


def warnings(
    start: Start, reading: Reading, commands: Collection[str] | None, fillers: Mapping[str, str]
) -> Iterator[Problem]:
    """What is odd about the settings but stops nothing.

    Args:
        fillers: key of `app.config` -> the variable of the field that fills it.
        commands: the names of all commands, whose options are variables too; None leaves odd variables alone.
    """
    if commands is not None:
        for name, where in reading.unknown.items():
            if not is_somebody_elses(name, commands):
                text = f"{name} ({where}) is neither a setting nor an option of a command."
                key = name.removeprefix("FLASK_")
                instead = fillers.get(key, f"FLASK_CONFIG__{key}")
                yield warning("W001", text, f"remove it; if app.config[{key!r}] is meant, set {instead}")
    for name, where in reading.ignored.items():
        text = f"{name} from {where} is not used: only `.env` beside the application counts, under every server."
        yield warning("W002", text, f"move {name} into that file, or export it")
    if start.environment == "production" and start.insecure_cookie:
        said = start.name_of("sessions.insecure_cookie")
        yield warning("W003", f"{said}: sessions travel unencrypted.", "serve over https and remove it")
        if start.public_url is None:
            text = "PUBLIC_URL is not set: no link can be mailed."
            yield warning("W004", text, "PUBLIC_URL=http://<host>")


def warning(number: str, text: str, fix: str) -> Problem:
    return Problem(id=f"settings.{number}", level="warning", text=text, fix=fix)
