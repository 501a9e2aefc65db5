"""The Sprig function map: every function of Sprig 3.3 but env and expandenv, by name.

In: the explicit tuples of the families; out: TABLE. Helm's own functions (fromJson, fail,
getHostByName ...) replace some of these in its own table.
"""

from __future__ import annotations

from meshlint.gotemplate.function import Function
from meshlint.sprig import (
    casing,
    crypto,
    dates,
    dicts,
    durations,
    encoding,
    flow,
    jsonforms,
    lists,
    numbers,
    paths,
    randoms,
    reflection,
    regex,
    semver,
    strings,
    urls,
    wrapping,
)

FAMILIES: tuple[tuple[Function, ...], ...] = (
    strings.FUNCTIONS,
    casing.FUNCTIONS,
    wrapping.FUNCTIONS,
    numbers.FUNCTIONS,
    flow.FUNCTIONS,
    reflection.FUNCTIONS,
    lists.FUNCTIONS,
    dicts.FUNCTIONS,
    encoding.FUNCTIONS,
    jsonforms.FUNCTIONS,
    dates.FUNCTIONS,
    durations.FUNCTIONS,
    regex.FUNCTIONS,
    semver.FUNCTIONS,
    urls.FUNCTIONS,
    paths.FUNCTIONS,
    crypto.FUNCTIONS,
    randoms.FUNCTIONS,
)

TABLE: dict[str, Function] = {function.name: function for family in FAMILIES for function in family}
