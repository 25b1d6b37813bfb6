"""The Content-Security-Policy as plain text rules; imports neither Flask nor the database."""

from collections.abc import Iterable, Mapping

from demijohn.security.settings import UNSAFE

DIRECTIVES: dict[str, str] = {
    "default_src": "'self'",
    "script_src": "'self'",
    "style_src": "'self'",
    "img_src": "'self' data:",
    "font_src": "",
    "connect_src": "",
    "media_src": "",
    "object_src": "'none'",
    "frame_src": "",
    "worker_src": "",
    "manifest_src": "",
    "form_action": "'self'",
    "frame_ancestors": "'none'",
    "base_uri": "'none'",
}
"""Directive -> what we allow; an empty one is not sent and falls back to default-src."""
TAKES_NONCE = ("script_src", "style_src")
SCRIPTS = ("default_src", "script_src", "object_src", "base_uri")
WIDE = ("*", "http:", "https:", "data:", "blob:", "http://*", "https://*")


def build_policy(added: Iterable[Mapping[str, str]], nonce: str | None) -> str:
    """The header's value: our defaults, the sources added to them, and the nonce if the page asked for one."""
    allowed = dict(DIRECTIVES)
    for sources in added:
        for directive, words in sources.items():
            allowed[directive] = join(allowed[directive] or DIRECTIVES["default_src"], words)
    if nonce:
        for directive in TAKES_NONCE:
            allowed[directive] = join(allowed[directive], f"'nonce-{nonce}'")
    return "; ".join(f"{name.replace('_', '-')} {words}" for name, words in allowed.items() if words)


def join(old: str, new: str) -> str:
    """Both lists of sources; 'none' gives way to anything else."""
    words = [word for word in [*old.split(), *new.split()] if word != "'none'"]
    return " ".join(dict.fromkeys(words)) or "'none'"


def weaknesses(directive: str, sources: str) -> list[str]:
    """The sources that let nearly any script in: everything unsafe, and wildcards where scripts come from."""
    words = sources.lower().split()
    return [word for word in words if word in UNSAFE or (directive in SCRIPTS and word in WIDE)]
