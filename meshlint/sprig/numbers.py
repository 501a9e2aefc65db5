"""Sprig's numbers: conversions as spf13/cast makes them, integer and decimal arithmetic, sequences.

In: any Go values; out: int64, float64, int or lists of int. Integers wrap around as Go's int64 does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from meshlint.gotemplate import work
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gofmt import format_value
from meshlint.gotemplate.govalue import GoError, Int64, IntList, Uint8, Uint64, decimal
from meshlint.text.pattern import lazy

if TYPE_CHECKING:
    from decimal import Decimal

MIN_INT64 = -(1 << 63)
_INTEGERS = (int, bool, Int64, Uint8, Uint64)  # time.Duration counts as 0
_NAMED_INTEGERS = ("time.Month", "time.Weekday")
_LARGEST_POWER = 308  # of ten, in a float64
_ZERO_FRACTION = lazy(r"\.0+$")
_FLOAT = lazy(
    r"[+-]?(?:inf(?:inity)?|nan|(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?"
    r"|0x_?(?:[0-9a-f]+(?:_[0-9a-f]+)*\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?\d+)",
    re.IGNORECASE,
)
_BASES = {"x": 16, "o": 8, "b": 2}


def wrap(number: int) -> Int64:
    """The number as an int64: two's complement."""
    return Int64((number + (1 << 63)) % (1 << 64) - (1 << 63))


def parse_int(text: str, base: int = 0) -> int | None:
    """strconv.ParseInt with 64 bits; base 0 knows 0x, 0o, 0b, a leading 0, underscores. None if invalid."""
    number = _any_int(text, base)
    return number if number is not None and MIN_INT64 <= number < 1 << 63 else None


def _any_int(text: str, base: int) -> int | None:
    """The integer of any size, None if the text is none."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if base == 0:
        base, digits = _prefixed(digits)
    allowed = "0123456789abcdefghijklmnopqrstuvwxyz"[:base]
    if not digits or any(char not in allowed for char in digits.lower()):
        return None
    number = decimal(digits) if base == 10 else int(digits, base)
    return -number if text[:1] == "-" else number


def atoi(text: str) -> int:
    """strconv.Atoi without its error: 0 for what is no integer, the nearest one for what is too large."""
    return max(MIN_INT64, min(_any_int(text, 10) or 0, (1 << 63) - 1))


def _prefixed(digits: str) -> tuple[int, str]:
    """The base a prefix asks for, and the digits without prefix and well-placed underscores."""
    lower = digits.lower()
    base, rest = 10, digits
    if lower[:1] == "0" and len(lower) > 1:
        base, rest = 8, digits[1:]
        if lower[1] in _BASES:
            base, rest = _BASES[lower[1]], digits[2:]
    if "_" in rest:
        inner = rest[1:] if rest[0] == "_" and base != 10 else rest
        if not inner or inner[0] == "_" or inner[-1] == "_" or "__" in inner:
            return 10, ""
        rest = inner.replace("_", "")
    return base, rest


def _is_integer(value: Any) -> bool:
    return type(value) in _INTEGERS or getattr(value, "go_type", "") in _NAMED_INTEGERS


def to_int64(value: Any) -> int:
    """cast.ToInt64 after Sprig: 0 for what is no number."""
    if _is_integer(value):
        return int(value)
    if isinstance(value, float):
        if math.isnan(value) or not -(2.0**63) <= value < 2.0**63:
            return MIN_INT64
        return int(value)
    if isinstance(value, str):
        return parse_int(_ZERO_FRACTION.sub("", value) if "." in value else value) or 0
    return 0


def to_float64(value: Any) -> float:
    """cast.ToFloat64: 0 for what is no number."""
    if isinstance(value, float) or _is_integer(value):
        return float(value)
    if isinstance(value, str):
        number = parse_float(value)
        return 0.0 if number is None else number
    return 0.0


def parse_float(text: str) -> float | None:
    """strconv.ParseFloat with 64 bits; None if invalid or too large."""
    if not _FLOAT.fullmatch(text):
        return None
    plain = text.replace("_", "")
    if plain.lower().lstrip("+-").startswith("0x"):
        try:
            return float.fromhex(plain)
        except OverflowError:
            return None
    number = float(plain)
    return None if math.isinf(number) and "n" not in plain.lower() else number


def to_decimal(value: Any) -> Int64:
    """Sprig's toDecimal: the printed value read as octal."""
    return Int64(parse_int(format_value(value), 8) or 0)


def _divide(dividend: int, divisor: int) -> int:
    """Go's division: toward zero."""
    if divisor == 0:
        raise GoError("runtime error: integer divide by zero")
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def add(*values: Any) -> Int64:
    """The sum."""
    return wrap(sum(map(to_int64, values)))


def add1(value: Any) -> Int64:
    """One more."""
    return wrap(to_int64(value) + 1)


def sub(first: Any, second: Any) -> Int64:
    """The difference."""
    return wrap(to_int64(first) - to_int64(second))


def mul(first: Any, *others: Any) -> Int64:
    """The product."""
    product = to_int64(first)
    for other in others:
        product = wrap(product * to_int64(other))
    return Int64(product)


def div(first: Any, second: Any) -> Int64:
    """The quotient, toward zero."""
    return wrap(_divide(to_int64(first), to_int64(second)))


def mod(first: Any, second: Any) -> Int64:
    """The remainder, with the sign of the dividend."""
    dividend, divisor = to_int64(first), to_int64(second)
    return wrap(dividend - _divide(dividend, divisor) * divisor)


def largest(first: Any, *others: Any) -> Int64:
    """The largest of the integers."""
    return Int64(max(map(to_int64, (first, *others))))


def smallest(first: Any, *others: Any) -> Int64:
    """The smallest of the integers."""
    return Int64(min(map(to_int64, (first, *others))))


def largest_float(first: Any, *others: Any) -> float:
    """The largest of the floats."""
    return -smallest_float(*[-to_float64(value) for value in (first, *others)])


def smallest_float(first: Any, *others: Any) -> float:
    """The smallest of the floats."""
    least = to_float64(first)
    for other in map(to_float64, others):
        if -math.inf in (least, other):
            least = -math.inf
        elif math.isnan(least) or math.isnan(other):
            least = math.nan
        elif other < least or (other == least and math.copysign(1.0, other) < 0):
            least = other
    return least


def _decimal(value: Any) -> Decimal:
    """Shopspring's NewFromFloat: the shortest decimal that is the float."""
    from decimal import Decimal

    number = to_float64(value)
    if math.isnan(number) or math.isinf(number):
        raise GoError(f"Cannot create a Decimal from {format_value(number)}")
    return Decimal(repr(number))


def _exactly(values: Iterable[Any], step: Callable[[Decimal, Decimal], Decimal]) -> float:
    from decimal import Context, localcontext

    with localcontext(Context(prec=2000)):
        numbers = map(_decimal, values)  # one by one: a step may fail before the next is looked at
        result = next(numbers)
        for number in numbers:
            result = step(result, number)
        return float(result) or 0.0  # a decimal has no negative zero


def add_exact(*values: Any) -> float:
    """The sum without binary rounding."""
    return _exactly((0.0, *values), lambda first, second: first + second)


def add1_exact(value: Any) -> float:
    """One more, without binary rounding."""
    return add_exact(value, 1.0)


def sub_exact(first: Any, *others: Any) -> float:
    """The difference without binary rounding."""
    return _exactly((first, *others), lambda left, right: left - right)


def mul_exact(first: Any, *others: Any) -> float:
    """The product without binary rounding."""
    return _exactly((first, *others), lambda left, right: left * right)


def div_exact(first: Any, *others: Any) -> float:
    """The quotient, rounded to 16 decimal places after each step (shopspring's DivisionPrecision)."""
    return _exactly((first, *others), _quotient)


def _quotient(dividend: Decimal, divisor: Decimal) -> Decimal:
    from decimal import ROUND_HALF_UP, Decimal

    if not divisor:
        raise GoError("decimal division by 0")
    return (dividend / divisor).quantize(Decimal("1e-16"), rounding=ROUND_HALF_UP)


def floor(value: Any) -> float:
    """The next whole number below."""
    number = to_float64(value)
    return _signed(math.floor, number)


def ceil(value: Any) -> float:
    """The next whole number above."""
    return _signed(math.ceil, to_float64(value))


def _signed(toward: Callable[[float], int], number: float) -> float:
    """The whole number, with the sign of a zero kept; what is not finite is itself."""
    return math.copysign(float(toward(number)), number) if math.isfinite(number) else number


def round_places(value: Any, places: int, *round_on: float) -> float:
    """Sprig's own rounding: up from `round_on` (one half) of the last place, in binary arithmetic."""
    threshold = round_on[0] if round_on else 0.5
    factor = math.pow(10.0, places) if places <= _LARGEST_POWER else math.inf
    if factor == 0.0:
        return math.nan
    digits = factor * to_float64(value)
    if not math.isfinite(digits):
        return digits / factor
    fraction, _ = math.modf(digits)
    return (ceil(digits) if fraction >= threshold else floor(digits)) / factor


def until(count: int) -> IntList:
    """0 to count, downwards for a negative count."""
    return until_step(0, count, 1 if count >= 0 else -1)


def until_step(start: int, stop: int, step: int) -> IntList:
    """Start to stop, stop not included; empty if the step leads away."""
    if step == 0 or (stop < start) != (step < 0):
        return IntList()
    span = range(start, stop, step)
    work.elements(len(span))
    return IntList(span)


def seq(*bounds: int) -> str:
    """The shell's seq: `seq end`, `seq start end`, `seq start step end`, end included, joined by spaces."""
    if len(bounds) == 1:
        end = bounds[0]
        start, step = 1, -1 if end < 1 else 1
    elif len(bounds) == 2:
        start, end = bounds
        step = -1 if end < start else 1
    elif len(bounds) == 3:
        start, step, end = bounds
    else:
        return ""
    return " ".join(map(str, until_step(start, end + (1 if step > 0 else -1), step)))


FUNCTIONS: tuple[Function, ...] = (
    Function("int", ("any",), to_int64),
    Function("int64", ("any",), lambda value: Int64(to_int64(value))),
    Function("float64", ("any",), to_float64),
    Function("atoi", ("string",), atoi),
    Function("toDecimal", ("any",), to_decimal),
    Function("add", ("...any",), add),
    Function("add1", ("any",), add1),
    Function("sub", ("any", "any"), sub),
    Function("mul", ("any", "...any"), mul),
    Function("div", ("any", "any"), div),
    Function("mod", ("any", "any"), mod),
    Function("max", ("any", "...any"), largest),
    Function("biggest", ("any", "...any"), largest),
    Function("min", ("any", "...any"), smallest),
    Function("maxf", ("any", "...any"), largest_float),
    Function("minf", ("any", "...any"), smallest_float),
    Function("addf", ("...any",), add_exact),
    Function("add1f", ("any",), add1_exact),
    Function("subf", ("any", "...any"), sub_exact),
    Function("mulf", ("any", "...any"), mul_exact),
    Function("divf", ("any", "...any"), div_exact),
    Function("floor", ("any",), floor),
    Function("ceil", ("any",), ceil),
    Function("round", ("any", "int", "...float64"), round_places),
    Function("until", ("int",), until),
    Function("untilStep", ("int", "int", "int"), until_step),
    Function("seq", ("...int",), seq),
)
