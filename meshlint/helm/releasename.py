"""Helm room, release names: the name that `--name-template` makes.

In: the text of the flag. Out: the name, or RenderError with Go's words. The template has Sprig's functions
without those that read the environment, and no data.
"""

from __future__ import annotations

from meshlint.gotemplate.errors import TemplateError, TemplateSyntaxError
from meshlint.gotemplate.evaluate import Evaluator, TemplateSet
from meshlint.helm.functions import function_map
from meshlint.helm.missing import STOP_END, STOP_START
from meshlint.helm.problems import RenderError
from meshlint.sprig.table import TABLE
from meshlint.text.source import Source

_NAME = "name-template"


def templated_name(text: str) -> str:
    """The text executed as a template. Raises RenderError."""
    parsed = TemplateSet({**TABLE, "fail": function_map()["fail"]}, False)
    try:
        parsed.add(Source("--name-template", text, "flag"), _NAME)
        return str(Evaluator(parsed).render(_NAME, None))
    except (TemplateError, TemplateSyntaxError) as fault:
        text = fault.message.replace(STOP_START, "").replace(STOP_END, "")
        raise RenderError(text) from None
