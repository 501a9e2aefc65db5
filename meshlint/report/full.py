"""Room: report. The format for people: each finding with its code frames, effect, help and rule.

error[DR001] subset `v1` of DestinationRule review/review selects no pod
  --> templates/routing.yaml:24:7        (in 2 of 4 value sets: default, prod)
   |
22 |   subsets:
23 |     - name: {{ .Values.routing.subset }}
   |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ wants version=v1   <- values.yaml:18 routing.subset
  ::: templates/_helpers.tpl:3:1
 3 | app: {{ .app }}
   | --------------- the pods get these labels
   = effect: ...
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.report.anchor import call_site, key_spot, spot
from meshlint.report.links import page_url
from meshlint.report.result import Report, Settled
from meshlint.report.snippet import bar, drawable, frame, gutter_width
from meshlint.report.style import Style, one_line, safe, wrap
from meshlint.report.view import View
from meshlint.text.finding import Location, Place
from meshlint.text.origin import KeyOrigin

FRAMED_ROLES = ("primary", "cause", "definition")
PROVISIONAL = "provisional: it depends on a value that is not known here, such as one nobody set"
MOST_VALUES = 3
MOST_CALLS = 3
MOST_FOLDED = 5
CONTEXT = 2


def write(report: Report, view: View) -> str:
    """All open findings (and accepted ones if the view asks), a blank line after each; "" for none."""
    style = Style(view.color, view.hyperlinks)
    shown = report.settled if view.show_suppressed else report.open()
    folded = [[settled] for settled in shown] if view.verbose else fold(shown)
    return "".join("\n".join(finding_lines(group, view, style)) + "\n\n" for group in folded)


def fold(findings: list[Settled]) -> list[list[Settled]]:
    """Findings of one rule at one place, as a `range` makes them, together; in order of the first ones."""
    groups: dict[tuple[object, ...], list[Settled]] = {}
    for settled in findings:
        place = settled.primary
        source = place.source
        key = (settled.finding.code, settled.suppression is None, source.path, source.archive, *place[1:5])
        groups.setdefault(key, []).append(settled)
    return list(groups.values())


def finding_lines(group: list[Settled], view: View, style: Style) -> Iterator[str]:
    """The lines of one finding; `group` holds it and its repetitions at the same place."""
    settled = group[0]
    gutter = gutter_width([location for place, location in settled.locations if _framed(place, location)])
    yield _title(settled, view, style)
    for index, (place, location) in enumerate(settled.locations):
        yield _header(settled, index, gutter, style)
        if _framed(place, location):
            yield from _code(settled, index, gutter, view, style)
        yield from _calls(location, gutter, style)
    yield from _facts(group, gutter, view, style)


def _title(settled: Settled, view: View, style: Style) -> str:
    finding = settled.finding
    code = style.paint(f"[{_linked(finding.code, style)}]", "bold")
    used = len(f"{finding.severity}[{finding.code}] ")
    message = wrap(one_line(finding.message), view.width, used, "  ")
    return f"{style.paint(finding.severity, finding.severity)}{code} {style.paint(message, 'bold')}"


def _linked(code: str, style: Style) -> str:
    """The code as a link to its page, where the terminal takes links."""
    if not style.links:
        return code
    from meshlint.rules.catalog import rule_of

    rule = rule_of(code)
    return style.link(code, page_url(rule.code, rule.slug)) if rule else code


def _framed(place: Place, location: Location) -> bool:
    return place.role in FRAMED_ROLES and drawable(location)


def _header(settled: Settled, index: int, gutter: int, style: Style) -> str:
    place, location = settled.locations[index]
    arrow = style.paint("-->" if index == 0 else ":::", "dim")
    line = f"{' ' * gutter}{arrow} {style.paint(spot(location), 'path')}"
    seen = settled.seen() if index == 0 else ""
    if seen:
        line += f"        ({safe(seen)})"
    if not _framed(place, location):
        label = _label(place, location)
        line += f"   {label}" if label else ""
    return line


def _label(place: Place, location: Location) -> str:
    values = provenance(location)
    return "   ".join(part for part in (one_line(place.label), values and f"<- {values}") if part)


def provenance(location: Location) -> str:
    """`values.yaml:31 image.tag, values.yaml:32 image.name and 2 more`; "" if no value went into the text."""
    origins: list[KeyOrigin] = list(location.values)
    named = ", ".join(key_spot(origin) for origin in origins[:MOST_VALUES])
    return named + (f" and {len(origins) - MOST_VALUES} more" if len(origins) > MOST_VALUES else "")


def _code(settled: Settled, index: int, gutter: int, view: View, style: Style) -> Iterator[str]:
    place, location = settled.locations[index]
    mark = settled.finding.severity if index == 0 else "related"
    if index == 0:
        yield bar(style, gutter)
    before = CONTEXT if index == 0 else 0
    yield from frame(location, _label(place, location), mark, style, gutter, view.width, before)


def _calls(location: Location, gutter: int, style: Style) -> Iterator[str]:
    """The template calls that led to the text, innermost first; the middle of a long chain is left out."""
    calls = list(reversed(location.calls))
    shown = calls if len(calls) <= MOST_CALLS else [*calls[: MOST_CALLS - 1], calls[-1]]
    for scope in shown:
        where = style.paint(spot(call_site(scope)), "path")
        what = f'called here: "{safe(scope.name)}"' if scope.name else "called here"
        yield f"{' ' * gutter}{style.paint(':::', 'dim')} {where}   {what}"


def _facts(group: list[Settled], gutter: int, view: View, style: Style) -> Iterator[str]:
    for name, text in _named_facts(group):
        lead = f"{' ' * gutter} = {name}: "
        width = 0 if name == "rule" else view.width  # to be copied whole
        body = wrap(text, width, len(lead), " " * len(lead))
        equals = style.paint("=", "dim")
        yield f"{' ' * gutter} {equals} {style.paint(name + ':', 'bold')} {body}"


def _named_facts(group: list[Settled]) -> Iterator[tuple[str, str]]:
    settled, finding = group[0], group[0].finding
    if finding.effect is not None:
        yield "effect", effect_text(settled)
    if finding.hint:
        yield "help", one_line(finding.hint)
    for note in finding.notes:
        yield "note", one_line(note)
    if len(group) > 1:
        yield "note", _more(group)
    if finding.provisional:
        yield "note", PROVISIONAL
    if settled.suppression is not None:
        kind, reason, where = settled.suppression
        yield "accepted", one_line(f"{reason or 'no reason given'} ({where or kind})")
    yield "rule", f"meshlint explain {finding.code}   ignore: # meshlint: ignore[{finding.code}] <reason>"


def effect_text(settled: Settled) -> str:
    """The effect as one clause, with what its text leaves out of cluster, flag and HTTP answer."""
    effect = settled.finding.effect
    if effect is None:
        return ""
    symptom = " ".join(part for part in (effect.flag, effect.http) if part and part not in effect.text)
    cluster = f"cluster {effect.cluster}" if effect.cluster and effect.cluster not in effect.text else ""
    head = ": ".join(part for part in (cluster, effect.text) if part)
    return one_line(" -> ".join(part for part in (head, symptom) if part))


def _more(group: list[Settled]) -> str:
    rest = [
        settled.finding.object.label() if settled.finding.object else settled.finding.message
        for settled in group[1:]
    ]
    named = ", ".join(dict.fromkeys(rest[:MOST_FOLDED]))
    hidden = len(rest) - MOST_FOLDED
    return one_line(f"and {len(rest)} more here: {named}{f' and {hidden} others' if hidden > 0 else ''}")
