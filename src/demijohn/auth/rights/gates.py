"""What a view asks for before it is reached, written on the view so that a check can read it."""

from typing import Any

NEEDS = "__demijohn_needs__"
"""An attribute of decorated views, which `functools.wraps` carries through other decorators."""


def gates_of(view: Any) -> tuple[str, ...]:
    """What the view asks for: permissions, `login` and `recent`."""
    needs: tuple[str, ...] = getattr(view, NEEDS, ())
    cls = getattr(view, "view_class", None)
    return needs if cls is None else (*needs, *methods_of(cls))


def methods_of(cls: type) -> tuple[str, ...]:
    """What every method of a class-based view asks for; nothing if one of them asks for nothing."""
    methods = [
        getattr(cls, name.lower()) for name in sorted(getattr(cls, "methods", None) or ()) if hasattr(cls, name.lower())
    ]
    found = [getattr(method, NEEDS, ()) for method in methods]
    return tuple(need for needs in found for need in needs) if found and all(found) else ()


def mark(guarded: Any, view: Any, need: str) -> None:
    """Write on a guarded view what it asks for, besides what it asked for already."""
    setattr(guarded, NEEDS, (*getattr(view, NEEDS, ()), need))
