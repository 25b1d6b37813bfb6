"""What an action asks of the person before it runs: a form made of the annotations of its method."""

import datetime as dt
import decimal
import enum
import inspect
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from flask_admin.form import BaseForm
from sqlalchemy.orm import Mapper
from wtforms import fields, validators

from demijohn.admin.fields import ChoiceField, DayField, DecimalField, MomentField, NoNull
from demijohn.admin.formatting import in_words
from demijohn.admin.lookup import LookUp, LookUpField, LookUpManyField
from demijohn.database.types import LongText
from demijohn.errors import SetupError

ANSWER = "answer-"
"""Before the names of an action's answers, so that a parameter may be called `url`."""

Maker = Callable[..., Any]
EMPTY = inspect.Parameter.empty
STARRED = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def asks(method: Any) -> bool:
    """Whether the method takes more than the keys of the records."""
    return bool(questions(method))


def questions(method: Any) -> list[inspect.Parameter]:
    """The parameters of a bound method after its first; what has a default and no annotation is its own affair."""
    further = [one for one in list(inspect.signature(method).parameters.values())[1:] if one.kind not in STARRED]
    return [one for one in further if one.annotation is not EMPTY or one.default is EMPTY]


def may_be_left_out(method: Any, parameter: inspect.Parameter) -> bool:
    """Whether an action can do without this answer."""
    hint, _ = without_extras(hints_of(method, parameter.name).get(parameter.name))
    return parameter.default is not EMPTY or without_none(hint)[1]


def answered_by(view: Any, name: str, given: Any) -> Any:
    """The form of a view's action with these answers; empty for None."""
    return form_class(view, name)(given, prefix=ANSWER)


def form_class(view: Any, name: str) -> Any:
    """A form with a field for each question of a view's action.

    Raises:
        SetupError: an annotation that no field is known for, or that cannot be read; the text names it.
    """
    method, owner = view._actions_data[name][0], f"{type(view).__name__}'s action {name!r}"
    hints = hints_of(method, owner)
    made = {}
    for one in questions(method):
        hint = hints.get(one.name, EMPTY)
        model, is_many = model_of(hint)
        if model is None:
            made[one.name] = field_of(one, hint, owner)
        else:
            made[one.name] = record_field(one, hint, loader_of(view, name, one.name, model), is_many=is_many)
    return type("ActionForm", (BaseForm,), made)


def model_of(hint: Any) -> tuple[Any, bool]:
    """The mapped class of `Customer`, `Customer | None` or `list[Customer]`, and whether it is a list; else None."""
    inner, _ = without_none(without_extras(hint)[0])
    is_many = get_origin(inner) is list
    one = (get_args(inner) or (None,))[0] if is_many else inner
    is_model = isinstance(one, type) and isinstance(sa.inspect(one, raiseerr=False), Mapper)
    return (one if is_model else None), is_many


def loader_of(view: Any, name: str, parameter: str, model: type) -> Any:
    """The look-up of one question; known to the view, so that its address answers."""
    key = f"{name}-{parameter}"
    loader = view._form_ajax_refs.get(key) or LookUp(key, view.session, model)
    view._form_ajax_refs[key] = loader
    return loader


def record_field(parameter: inspect.Parameter, hint: Any, loader: Any, *, is_many: bool) -> Any:
    """The look-up field of one parameter; what has no default and may not be None must be chosen."""
    hint, checks = without_extras(hint)
    may_be_none = without_none(hint)[1] or parameter.default is not EMPTY
    need = validators.Optional() if may_be_none else validators.InputRequired()
    options: dict[str, Any] = {"label": in_words(parameter.name), "validators": [need, *checks]}
    if is_many:
        return LookUpManyField(loader, **options)
    return LookUpField(loader, allow_blank=may_be_none, **options)


def hints_of(method: Any, owner: str) -> dict[str, Any]:
    try:
        return get_type_hints(getattr(method, "__func__", method), include_extras=True)
    except NameError as error:
        raise SetupError(
            f"{owner} asks for values by annotations that cannot be read: {error}.",
            fix="import what they name where the module is loaded, not under TYPE_CHECKING or in a function.",
        ) from error


def field_of(parameter: inspect.Parameter, hint: Any, owner: str) -> Any:
    """The field of one parameter: its label the name in words, required unless it may be None, blank or off."""
    hint, checks = without_extras(hint)
    inner, may_be_none = without_none(hint)
    make = maker_of(inner)
    if make is None:
        name = repr(parameter.name)
        raise SetupError(
            f"{owner} asks for {name} as {'nothing' if hint is EMPTY else hint!r}, for which there is no field.",
            fix=f"annotate {name} as str, int, float, Decimal, bool, date, datetime, LongText, an Enum, a Literal or a"
            " model.",
        )
    is_free = may_be_none or inner is bool or parameter.default == ""
    need = validators.DataRequired if inner in {str, LongText} else validators.InputRequired
    options: dict[str, Any] = {
        "label": in_words(parameter.name),
        "validators": [validators.Optional() if is_free else need(), *checks],
        **({} if parameter.default is EMPTY else {"default": parameter.default}),
    }
    return make(inner, options, may_be_none)


def without_extras(hint: Any) -> tuple[Any, list[Any]]:
    """`X` of `Annotated[X, validator]`, and its validators."""
    if get_origin(hint) is not Annotated or hint is LongText:
        return hint, []
    inner, *extras = get_args(hint)
    return inner, [extra for extra in extras if callable(extra)]


def without_none(hint: Any) -> tuple[Any, bool]:
    """`X` of `X | None`, and whether it may be None."""
    if get_origin(hint) in {Union, types.UnionType}:
        others = [one for one in get_args(hint) if one is not type(None)]
        if len(others) == 1:
            return others[0], True
    return hint, False


def maker_of(hint: Any) -> Maker | None:
    if hint is LongText:
        return lambda _, options, may_be_none: fields.TextAreaField(**with_text(options, may_be_none))
    if get_origin(hint) is Literal:
        return lambda one, options, may_be_none: make_choice({str(v): v for v in get_args(one)}, options, may_be_none)
    if not isinstance(hint, type):
        return None
    if issubclass(hint, enum.Enum):
        return lambda one, options, may_be_none: make_choice(dict(one.__members__), options, may_be_none)
    return next((make for kind, make in MAKERS if issubclass(hint, kind)), None)


def with_text(options: dict[str, Any], may_be_none: bool) -> dict[str, Any]:  # noqa: FBT001 - as the makers
    blank = nothing_for_blank if may_be_none else stripped
    return {**options, "validators": [NoNull(), *options["validators"]], "filters": [blank]}


def stripped(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


def nothing_for_blank(text: Any) -> Any:
    return stripped(text) or None


def make_choice(members: dict[str, Any], options: dict[str, Any], may_be_none: bool) -> Any:  # noqa: FBT001 - as the makers
    return ChoiceField(members=members, optional=may_be_none, empty=may_be_none or "default" not in options, **options)


OFF = (False, "", "false", "0", "no", "off")
MAKERS: tuple[tuple[type, Maker], ...] = (
    (bool, lambda _, options, __: fields.BooleanField(false_values=OFF, **options)),
    (int, lambda _, options, __: fields.IntegerField(**options)),
    (decimal.Decimal, lambda _, options, __: DecimalField(**options)),
    (float, lambda _, options, __: fields.FloatField(**options)),
    (dt.datetime, lambda _, options, __: MomentField(aware=True, **options)),
    (dt.date, lambda _, options, __: DayField(**options)),
    (str, lambda _, options, may_be_none: fields.StringField(**with_text(options, may_be_none))),
)
