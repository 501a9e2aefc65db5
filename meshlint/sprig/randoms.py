"""Sprig's random values: stand-ins of the right shape, the same in every render.

In: lengths and bounds; out: texts and numbers. The Functions are flagged "random", so that what they
touch is known not to be real.
"""

from __future__ import annotations

from meshlint.gotemplate import work
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError
from meshlint.sprig.standins import random_below, random_bytes, random_text

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
ASCII = "".join(map(chr, range(32, 127)))
MAX_LENGTH = 1 << 20  # characters of one random text; Helm has no bound


def _text(count: int, alphabet: str) -> str:
    if count < 0:  # an error that Sprig drops
        return ""
    if count > MAX_LENGTH:
        raise GoError(f"random text of {count} characters is longer than the limit of {MAX_LENGTH}")
    return random_text(count, alphabet)


def alphanumeric(count: int) -> str:
    """Letters and digits."""
    return _text(count, LETTERS + DIGITS)


def alphabetic(count: int) -> str:
    """Letters."""
    return _text(count, LETTERS)


def numeric(count: int) -> str:
    """Digits."""
    return _text(count, DIGITS)


def printable(count: int) -> str:
    """Printable ASCII characters."""
    return _text(count, ASCII)


def random_integer(least: int, bound: int) -> int:
    """A number from `least` to bound - 1."""
    if bound <= least:
        raise GoError("invalid argument to Intn")
    return least + random_below(bound - least)


def base64_bytes(count: int) -> str:
    """Random bytes in base64."""
    from base64 import b64encode

    if count < 0:
        raise GoError("runtime error: makeslice: len out of range")
    if count > MAX_LENGTH:
        raise GoError(f"{count} random bytes are more than the limit of {MAX_LENGTH}")
    return b64encode(random_bytes(count)).decode()


def uuid() -> str:
    """A random UUID of version 4."""
    digits = bytearray(random_bytes(16))
    digits[6] = digits[6] & 0x0F | 0x40
    digits[8] = digits[8] & 0x3F | 0x80
    text = digits.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def shuffle(text: str) -> str:
    """The characters in another order."""
    work.spend(3 * len(text))
    characters = list(text)
    for last in range(len(characters) - 1, 0, -1):
        other = random_below(last + 1)
        characters[last], characters[other] = characters[other], characters[last]
    return "".join(characters)


FUNCTIONS: tuple[Function, ...] = (
    Function("randAlphaNum", ("int",), alphanumeric, flags="random"),
    Function("randAlpha", ("int",), alphabetic, flags="random"),
    Function("randNumeric", ("int",), numeric, flags="random"),
    Function("randAscii", ("int",), printable, flags="random"),
    Function("randInt", ("int", "int"), random_integer, flags="random"),
    Function("randBytes", ("int",), base64_bytes, flags="random"),
    Function("uuidv4", (), uuid, flags="random"),
    Function("shuffle", ("string",), shuffle, flags="random"),
)
