"""ExactDecimal: decimals that are exact on every database.

SQLite has no decimal type and would keep a binary float. There the column holds whole numbers counted in the last
place (12.5 with four decimals is 125000), which sort, compare and add up exactly; arithmetic in statements is adjusted
so that the same expression gives the same answer on PostgreSQL.
"""

import operator
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement, GenericFunction
from sqlalchemy.types import TypeDecorator, UserDefinedType

PRODUCT = operator.mul
QUOTIENTS = (operator.truediv, operator.floordiv)
SAME_UNIT = (operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)


class Counted(UserDefinedType[Any]):
    """NUMERIC(precision, scale) as SQLite sees it: a whole number passed through untouched."""

    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        self.precision = precision
        self.scale = scale

    def get_col_spec(self, **kw: Any) -> str:
        return f"NUMERIC({self.precision}, {self.scale})"


class Rescaled(FunctionElement[Any]):
    """An expression multiplied by a power of ten on SQLite, and left alone elsewhere."""

    inherit_cache = True
    name = "rescaled"

    def __init__(self, expression: Any, power: int, type_: Any) -> None:
        self.type = type_
        super().__init__(sa.type_coerce(expression, type_), sa.literal_column(str(power), sa.Integer()))


@compiles(Rescaled)
def _plain(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses.clauses[0], **kw))


@compiles(Rescaled, "sqlite")
def _counted(element: Any, compiler: Any, **kw: Any) -> str:
    inner, power = element.clauses.clauses
    value, places = compiler.process(inner, **kw), int(power.name)
    if places >= 0:
        return f"({value} * {10**places})"
    unit = 10**-places
    return f"(({value} + (CASE WHEN {value} < 0 THEN -1 ELSE 1 END) * {unit // 2}) / {unit})"


class ExactDecimal(TypeDecorator[Decimal]):
    """NUMERIC(precision, scale), the same on every database.

    A value with more decimals than the column is rounded half away from zero, as PostgreSQL does; one that does not
    fit is refused. At most 18 digits fit whatever the value; up to 38 while the number counted in the last place
    fits 64 bits on SQLite.

    Args:
        precision: digits in all.
        scale: digits after the point.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int = 18, scale: int = 4) -> None:
        super().__init__(precision=precision, scale=scale)
        self.precision = precision
        self.scale = scale

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Counted(self.precision, self.scale))
        return dialect.type_descriptor(sa.Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        rounded = self.rounded(as_decimal(value))
        return self.counted(rounded) if dialect.name == "sqlite" else rounded

    def process_literal_param(self, value: Any, dialect: sa.Dialect) -> str:
        return str(self.process_bind_param(value, dialect))

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name != "sqlite":
            return quantized(as_decimal(value), self.scale)
        whole = Decimal(value) if isinstance(value, int) else quantized(as_decimal(value), 0)
        with localcontext(prec=60):
            return whole.scaleb(-self.scale)

    def rounded(self, value: Decimal) -> Decimal:
        """The value with the column's decimals.

        Raises:
            ValueError: it has more digits before the point than the column.
        """
        result = quantized(value, self.scale)
        if abs(result) >= Decimal(10) ** (self.precision - self.scale):
            raise ValueError(
                f"{value} does not fit: at most {self.precision - self.scale} digits before the point "
                f"and {self.scale} after."
            )
        return result

    def counted(self, value: Decimal) -> int:
        """The value in units of the last place, as SQLite stores it."""
        with localcontext(prec=60):
            whole = int(value.scaleb(self.scale))
        if not -(2**63) <= whole < 2**63:
            raise ValueError(f"{value} does not fit into 64 bits with {self.scale} decimals on SQLite.")
        return whole

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        if op is PRODUCT or op in QUOTIENTS:
            return sa.Integer() if isinstance(value, int) else factor_type(value)
        return Operand(self.precision, self.scale)

    class Comparator(TypeDecorator.Comparator[Decimal]):
        """Arithmetic between decimals, whole numbers and literals that means the same on every database."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if not other:
                return super().operate(op, *other, **kwargs)
            mine: Any = self.expr.type
            their_scale = scale_of(other[0])
            if their_scale and isinstance(mine, Operand) and op in (PRODUCT, *QUOTIENTS):
                return self.literal_first(op, other[0], **kwargs)
            if op in SAME_UNIT and their_scale is not None and their_scale != mine.scale:
                return aligned(self.expr, mine.scale, op, other[0], their_scale)
            result = super().operate(op, *other, **kwargs)
            shift = literal_scale(other[0]) if their_scale is None else their_scale
            if op is PRODUCT and shift:
                return Rescaled(result, -shift, mine)
            return Rescaled(result, shift, mine) if op in QUOTIENTS and shift else result

        def literal_first(self, op: Any, column: Any, **kwargs: Any) -> Any:
            """`literal <op> column`: the answer is counted as the column is."""
            if op is PRODUCT:
                return column.operate(op, self.expr, **kwargs)
            mine: Any = self.expr.type
            theirs = column.type
            result = super().operate(op, column, **kwargs)
            return Rescaled(result, 2 * theirs.scale - mine.scale, theirs)

        def _adapt_expression(self, op: Any, other_comparator: Any) -> tuple[Any, Any]:
            return op, self.type

    comparator_factory = Comparator


class Operand(ExactDecimal):
    """A literal beside an ExactDecimal column: never rounded, so that `total > 0.00005` stays true to the letter."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        plain = as_decimal(value)
        if dialect.name != "sqlite":
            return plain
        with localcontext(prec=60):
            units = plain.scaleb(self.scale)
        whole = int(units)
        return whole if whole == units and -(2**63) <= whole < 2**63 else float(units)


class BareDecimal(sa.Numeric[Any]):
    """A decimal that no column gives a unit; refused on SQLite unless it is zero, which is the same in any unit."""

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        plain = super().bind_processor(dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        if self.precision is not None:
            return plain

        def process(value: Any) -> Any:
            if value:
                raise ValueError(
                    f"{value!r} stands where SQLite cannot know its decimals (in case(), coalesce() or beside an "
                    "untyped function); write sa.literal(value, Model.column.type)."
                )
            return value if value is None else 0

        return process


def guard_bare_decimals(engine: sa.Engine) -> None:
    """Refuse decimals without a unit on this SQLite engine rather than compare unlike with like."""
    own = {sa.Float: sa.Float, sa.NUMERIC: sa.NUMERIC, sa.DECIMAL: sa.DECIMAL, sa.Numeric: BareDecimal}
    engine.dialect.colspecs = {**engine.dialect.colspecs, **own}


class Int64(sa.BigInteger):
    """A whole number that may be added to and compared with an ExactDecimal column."""

    class Comparator(sa.BigInteger.Comparator[int]):
        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            scale = scale_of(other[0]) if other else None
            if scale and op in SAME_UNIT:
                return Rescaled(self.expr, scale, ExactDecimal(38, scale)).operate(op, other[0], **kwargs)
            return super().operate(op, *other, **kwargs)

    comparator_factory = Comparator


class avg(GenericFunction[Any]):  # noqa: N801 - SQLAlchemy finds it by the function's name
    """`func.avg`, which keeps the type of a decimal column; any other argument is as before."""

    inherit_cache = True

    def __init__(self, *clauses: Any, **kwargs: Any) -> None:
        super().__init__(*clauses, **kwargs)
        keep_decimal(self)


class abs_(GenericFunction[Any]):  # noqa: N801
    """`func.abs`, which keeps the type of a decimal column."""

    name = "abs"
    identifier = "abs"
    inherit_cache = True

    def __init__(self, *clauses: Any, **kwargs: Any) -> None:
        super().__init__(*clauses, **kwargs)
        keep_decimal(self)


def keep_decimal(function: Any) -> None:
    first = next(iter(function.clauses), None)
    if first is not None and isinstance(first.type, ExactDecimal):
        function.type = first.type


def aligned(left: Any, left_scale: int, op: Any, right: Any, right_scale: int) -> Any:
    """The operation with both sides counted in the finer of two units."""
    finer = ExactDecimal(38, max(left_scale, right_scale))
    if left_scale < finer.scale:
        left = Rescaled(left, finer.scale - left_scale, finer)
    if right_scale < finer.scale:
        right = Rescaled(right, finer.scale - right_scale, finer)
    return left.operate(op, right)


def scale_of(value: Any) -> int | None:
    """Decimals of the column or expression: 0 for a whole number, None for a literal or another type."""
    element = value.__clause_element__() if hasattr(value, "__clause_element__") else value
    type_ = getattr(element, "type", None)
    if isinstance(element, sa.BindParameter):
        return None
    if isinstance(type_, ExactDecimal):
        return type_.scale
    return 0 if isinstance(type_, sa.Integer) else None


def factor_type(value: Any) -> ExactDecimal:
    """How a literal factor travels: counted in its own last place on SQLite."""
    return Operand(38, literal_scale(value))


def literal_scale(value: Any) -> int:
    if isinstance(value, sa.BindParameter):
        return value.type.scale if isinstance(value.type, Operand) else 0
    if isinstance(value, int) or not isinstance(value, Decimal | float | str):
        return 0
    exponent = as_decimal(value).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def quantized(value: Decimal, scale: int) -> Decimal:
    with localcontext(prec=60):
        return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_HALF_UP)


def as_decimal(value: Any) -> Decimal:
    """The number a person would read.

    Raises:
        ValueError: not a number, or not a finite one.
    """
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number.") from None
    if not number.is_finite():
        raise ValueError(f"{value} is not a finite number.")
    return number


def exact(column: Any) -> Any:
    """The column with SQLite's float replaced by an ExactDecimal of the same precision and scale.

    One without a precision gets that of `Mapped[Decimal]`.
    """
    if not isinstance(column, sa.Column) or not is_inexact_decimal(column.type):
        return column
    type_: Any = column.type
    column.type = ExactDecimal() if type_.precision is None else ExactDecimal(type_.precision, type_.scale or 0)
    return column


def inexact(column: Any) -> Any:
    """The column as others keep it: a plain NUMERIC, of a table that is not ours."""
    if isinstance(column, sa.Column) and isinstance(column.type, ExactDecimal):
        column.type = sa.NUMERIC(column.type.precision, column.type.scale)
    return column


def is_inexact_decimal(type_: Any) -> bool:
    return (
        isinstance(type_, sa.Numeric)
        and not isinstance(type_, sa.Float)
        and bool(type_.asdecimal)
        and not type_._variant_mapping
    )
