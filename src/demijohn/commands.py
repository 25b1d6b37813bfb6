"""LazyGroup: a command group whose commands are imported when first used, so `--help` stays quick."""

import importlib
from typing import Any

import click


class LazyGroup(click.Group):
    """A named, described group; the real one is loaded from `home` (`"module:attribute"`) on first use."""

    def __init__(self, name: str, *, home: str, help: str) -> None:  # noqa: A002 - click's own word
        super().__init__(name=name, help=help)
        self.home = home
        self._real: click.Group | None = None

    @property
    def real(self) -> click.Group:
        if self._real is None:
            module, _, attribute = self.home.partition(":")
            loaded: Any = getattr(importlib.import_module(module), attribute)
            self._real = loaded
        assert self._real is not None  # noqa: S101 - narrows the type
        return self._real

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self.real.list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.real.get_command(ctx, cmd_name)
