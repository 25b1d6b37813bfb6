"""LazyRule: routes that cost nothing until used."""

from typing import Any

from werkzeug.routing import Rule


class LazyRule(Rule):
    """A rule whose two URL builders are compiled when first used.

    Werkzeug compiles both at start, 30 to 40 % of an admin model's share of it. `_compile_builder` is private to
    Werkzeug (3.1): a test guards it, and plain `Rule` is the fallback.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002 - Werkzeug's signature
        compile_builder = super()._compile_builder
        slot = "_build_unknown" if append_unknown else "_build"

        def first(rule: Rule, **values: Any) -> Any:
            builder = compile_builder(append_unknown).__get__(rule, None)
            setattr(rule, slot, builder)
            return builder(**values)

        return first
