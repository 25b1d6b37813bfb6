"""Battery: the frozen declaration that every battery makes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import click
from flask import Blueprint, Flask

from demijohn.contributions import AdminView, Check, Job, Probe
from demijohn.section import Section

S = TypeVar("S", bound=Section)


def no_models(section: Any) -> tuple[type, ...]:
    del section
    return ()


def no_views(section: Any) -> tuple[AdminView, ...]:
    del section
    return ()


@dataclass(frozen=True, kw_only=True)
class Battery(Generic[S]):
    """One capability: its settings, what it starts and what it contributes.

    Attributes:
        name: also the settings field, the template folder and the prefix of its check ids.
        section: its settings; `init` receives this and nothing of the root settings.
        init: starts the extension on the application.
        needs: batteries that must be on and start earlier.
        after: batteries that start earlier if they are on.
        models: the mapped classes it owns; their tables carry `info={"battery": name}`.
        templates: folder with its templates, found after the application's own.
        migrations: folder with the revisions of its labelled branch.
    """

    name: str
    section: type[S]
    init: Callable[[Flask, S], None]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    models: Callable[[S], tuple[type, ...]] = no_models
    blueprints: tuple[Blueprint, ...] = ()
    commands: tuple[click.Command, ...] = ()
    templates: Path | None = None
    admin_views: Callable[[S], tuple[AdminView, ...]] = no_views
    checks: tuple[Check, ...] = ()
    probes: tuple[Probe, ...] = ()
    jobs: tuple[Job, ...] = ()
    migrations: Path | None = None
