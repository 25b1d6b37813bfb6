"""Names that are not settings: which are somebody else's, which are mistakes, which are only odd."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches

from demijohn.configuration.faults import Fault

FLASKS_OWN = {
    "FLASK_APP",
    "FLASK_DEBUG",
    "FLASK_ENV",
    "FLASK_ENV_FILE",
    "FLASK_RUN_FROM_CLI",
    "FLASK_SECRETS_DIR",
    "FLASK_SKIP_DOTENV",
}
COMMANDS = (
    "audit", "batteries", "cache", "check", "db", "deploy", "eject", "mail", "new", "openapi", "prune", "role",
    "routes", "run", "settings", "shell", "tasks", "templates", "up", "user",
)  # fmt: skip
"""Click reads `FLASK_<COMMAND>_<OPTION>` for every option of these."""

NEARLY = 0.85


def is_somebody_elses(variable: str, commands: Iterable[str] = COMMANDS) -> bool:
    """Whether Flask itself or an option of a command is set by this variable."""
    if variable in FLASKS_OWN:
        return True
    prefixes = (f"FLASK_{command.upper().replace('-', '_')}_" for command in commands)
    return any(variable.startswith(prefix) and not variable.startswith(f"{prefix}_") for prefix in prefixes)


def refusal(variable: str, where: str, known: Iterable[str], sections: Mapping[str, object]) -> Fault | None:
    """Why a name that is not a setting is refused; None if it is only odd."""
    known = [name for name in known if name.startswith("FLASK_")]
    section, separator, _ = variable.removeprefix("FLASK_").partition("__")
    if variable.removeprefix("FLASK_") in sections:
        fix = f"remove it, and set its fields: {variable}__<FIELD>=<value>"
        return Fault(f"{variable} ({where}) is a section, not a setting.", fix)
    if separator and section in sections:
        head = f"FLASK_{section}__"
        inside = [name.removeprefix(head) for name in known if name.startswith(head)]
        near_ones = get_close_matches(variable.removeprefix(head), inside, 1, 0.6)
        return not_a_setting(variable, where, [head + name for name in near_ones])
    near = nearest(variable, known)
    return not_a_setting(variable, where, [near]) if near else None


def nearest(variable: str, known: Iterable[str]) -> str | None:
    """The known name that this is nearly; compared without the prefix they all share."""
    own = variable.removeprefix("FLASK_")
    rated = ((SequenceMatcher(None, own, name.removeprefix("FLASK_")).ratio(), name) for name in known)
    ratio, name = max(rated, default=(0.0, ""))
    return name if ratio >= NEARLY else None


def not_a_setting(variable: str, where: str, near: list[str]) -> Fault:
    problem = f"{variable} ({where}) is not a setting"
    if near:
        return Fault(f"{problem}; did you mean {near[0]}?", f"rename it to {near[0]}, or remove it.")
    return Fault(f"{problem}.", "remove it; `flask settings` lists every name.")
