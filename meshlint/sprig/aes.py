"""AES-256 in CBC mode, for Sprig's encryptAES and decryptAES; after FIPS 197.

In: a key of 32 bytes and blocks of 16; out: blocks. Slow and small: charts encrypt passwords, not files.
"""

from __future__ import annotations

from functools import lru_cache

from meshlint.gotemplate import work

BLOCK = 16
_ROUNDS = 14


def _double(value: int) -> int:
    """Times x in GF(2^8)."""
    return (value << 1) ^ 0x11B if value & 0x80 else value << 1


def _times(value: int, factor: int) -> int:
    product = 0
    while factor:
        if factor & 1:
            product ^= value
        value, factor = _double(value), factor >> 1
    return product


@lru_cache(maxsize=1)
def _boxes() -> tuple[bytes, bytes]:
    """The substitution box and its inverse: the inverse in GF(2^8), then an affine map."""
    forward = bytearray(256)
    value = inverse = 1
    while True:
        value ^= _double(value)  # times 3, a generator
        for shift in (1, 2, 4):
            inverse ^= inverse << shift
        inverse &= 0xFF
        if inverse & 0x80:
            inverse ^= 0x09  # divided by 3
        rotated = inverse | inverse << 8
        mixed = inverse ^ (rotated >> 7) ^ (rotated >> 6) ^ (rotated >> 5) ^ (rotated >> 4)
        forward[value] = (mixed & 0xFF) ^ 0x63
        if value == 1:
            break
    forward[0] = 0x63
    backward = bytearray(256)
    for index, box in enumerate(forward):
        backward[box] = index
    return bytes(forward), bytes(backward)


def _round_keys(key: bytes) -> list[bytes]:
    """The 15 round keys of a key of 32 bytes."""
    box, _ = _boxes()
    words = [key[at : at + 4] for at in range(0, 32, 4)]
    constant = 1
    while len(words) < 4 * (_ROUNDS + 1):
        word = words[-1]
        if len(words) % 8 == 0:
            word = bytes(box[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _double(constant)
        elif len(words) % 8 == 4:
            word = bytes(box[byte] for byte in word)
        words.append(_xor(words[-8], word))
    return [b"".join(words[at : at + 4]) for at in range(0, len(words), 4)]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def _mix(state: bytes, factors: tuple[int, int, int, int]) -> bytes:
    """Each column times a polynomial."""
    out = bytearray()
    for at in range(0, BLOCK, 4):
        column = state[at : at + 4]
        for row in range(4):
            mixed = 0
            for index in range(4):
                mixed ^= _times(column[index], factors[(index - row) % 4])
            out.append(mixed)
    return bytes(out)


def _encrypt_block(block: bytes, keys: list[bytes]) -> bytes:
    box, _ = _boxes()
    state = _xor(block, keys[0])
    for number in range(1, _ROUNDS + 1):
        state = bytes(box[state[(at + 4 * (at % 4)) % BLOCK]] for at in range(BLOCK))
        if number < _ROUNDS:
            state = _mix(state, (2, 3, 1, 1))
        state = _xor(state, keys[number])
    return state


def _decrypt_block(block: bytes, keys: list[bytes]) -> bytes:
    _, box = _boxes()
    state = _xor(block, keys[_ROUNDS])
    for number in range(_ROUNDS - 1, -1, -1):
        state = bytes(box[state[(at - 4 * (at % 4)) % BLOCK]] for at in range(BLOCK))
        state = _xor(state, keys[number])
        if number:
            state = _mix(state, (14, 11, 13, 9))
    return state


_BLOCK_UNITS = 150


def encrypt_cbc(key: bytes, start: bytes, data: bytes) -> bytes:
    """Whole blocks encrypted; `start` is the initial vector."""
    work.spend(_BLOCK_UNITS * (len(data) // BLOCK))
    keys = _round_keys(key)
    out = bytearray()
    for at in range(0, len(data), BLOCK):
        start = _encrypt_block(_xor(data[at : at + BLOCK], start), keys)
        out += start
    return bytes(out)


def decrypt_cbc(key: bytes, start: bytes, data: bytes) -> bytes:
    """Whole blocks decrypted; `start` is the initial vector."""
    work.spend(_BLOCK_UNITS * (len(data) // BLOCK))
    keys = _round_keys(key)
    out = bytearray()
    for at in range(0, len(data), BLOCK):
        block = data[at : at + BLOCK]
        out += _xor(_decrypt_block(block, keys), start)
        start = block
    return bytes(out)
