"""Weights of route destinations: shares of the list; an absent weight is 0, a lone destination gets all.

The mesh fact guarded here: Istio drops destinations of weight 0, ignores the weight of a lone one,
and refuses a list whose weights add up to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshlint.kube.fields import integer, mapping, maps, text
from meshlint.kube.kinds import VIRTUAL_SERVICE
from meshlint.kube.resource import Resource
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

Destinations = list[tuple[int, dict[str, Any]]]


def _lists(resource: Resource) -> Iterator[tuple[Path, Destinations]]:
    """Every route list of a VirtualService with its path."""
    for protocol in ("http", "tls", "tcp"):
        for index, route in maps(resource.get("spec", protocol)):
            yield ("spec", protocol, index, "route"), maps(route.get("route"))


def _weight(item: dict[str, Any]) -> int:
    return integer(item.get("weight")) or 0


def _target(item: dict[str, Any]) -> str:
    """`review` or `review subset v1`."""
    destination = mapping(item.get("destination"))
    subset = text(destination.get("subset"))
    return f"`{text(destination.get('host'))}`" + (f" subset `{subset}`" if subset else "")


@rule(
    "VS017",
    "weights-add-up-to-zero",
    "Several destinations whose weights add up to 0: the webhook refuses the object.",
    precision="very-high",
    kinds=(VIRTUAL_SERVICE,),
    peers=("IST0106",),
    tags=("virtual-service", "rejected"),
)
def weights_add_up_to_zero(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: validateWeights of Istio's webhook; an absent weight counts as 0."""
    for path, items in _lists(resource):
        if len(items) > 1 and not any(_weight(item) for _, item in items):
            yield weights_add_up_to_zero.finding(
                f"the {len(items)} destinations of {path[1]}[{path[2]}] of {resource.label()} "
                "have weights that add up to 0",
                Place(resource, path, "no destination has a weight above 0", on_key=True),
                effect=Effect("Istio's validating webhook refuses the object"),
                hint="give each destination its share as `weight`",
                key=f"{path[1]}[{path[2]}]",
            )


@rule(
    "VS027",
    "weight-of-lone-destination",
    "A lone destination with a weight below 100: it gets all the traffic anyway.",
    severity="warning",
    kinds=(VIRTUAL_SERVICE,),
    peers=("KIA1104",),
    tags=("virtual-service", "traffic-split"),
)
def weight_of_lone_destination(resource: Resource, context: Context) -> Iterator[Finding]:
    """One destination gets 100 %, whatever its weight says; 0 does not switch it off."""
    for path, items in _lists(resource):
        if len(items) != 1 or items[0][1].get("weight") is None:
            continue
        index, item = items[0]
        if 0 <= _weight(item) < 100:
            yield weight_of_lone_destination.finding(
                f"destination {_target(item)} of {path[1]}[{path[2]}] of {resource.label()} has weight "
                f"{_weight(item)} and gets 100 % of the traffic: it is the only one",
                Place(resource, (*path, index, "weight"), "has no effect"),
                hint="remove the weight, or list the other destinations in the same `route`",
                key=f"{path[1]}[{path[2]}]",
                peers=weight_of_lone_destination.peers if _weight(item) else (),  # Kiali: 1 to 99 only
            )


@rule(
    "VS028",
    "destination-without-weight",
    "A destination without weight beside weighted ones: it gets no traffic.",
    severity="warning",
    kinds=(VIRTUAL_SERVICE,),
    tags=("virtual-service", "traffic-split"),
)
def destination_without_weight(resource: Resource, context: Context) -> Iterator[Finding]:
    """An absent weight is 0; a written 0 is meant and stays quiet."""
    for path, items in _lists(resource):
        total = sum(_weight(item) for _, item in items)
        if len(items) < 2 or not 0 < total < 100:
            continue
        for index, item in items:
            if item.get("weight") is None:
                yield destination_without_weight.finding(
                    f"destination {_target(item)} of {path[1]}[{path[2]}] of {resource.label()} "
                    "has no weight and gets no traffic",
                    Place(resource, (*path, index), "weight 0"),
                    effect=Effect(f"the other destinations share all requests, {total} of {total} parts"),
                    hint=f"add `weight: {100 - total}`",
                    key=f"{path[1]}[{path[2]}]/{_target(item)}",
                )


@rule(
    "VS029",
    "destination-listed-twice",
    "The same host, subset and port twice in one list of destinations.",
    severity="warning",
    kinds=(VIRTUAL_SERVICE,),
    peers=("KIA1105",),
    tags=("virtual-service", "traffic-split"),
)
def destination_listed_twice(resource: Resource, context: Context) -> Iterator[Finding]:
    """The second was mostly meant to be another subset."""
    for path, items in _lists(resource):
        first: dict[tuple[str, str, str], int] = {}
        for index, item in items:
            destination = mapping(item.get("destination"))
            if not destination:
                break
            port = text(mapping(destination.get("port")).get("number"))
            same = (text(destination.get("host")), text(destination.get("subset")), port)
            earlier = first.setdefault(same, index)
            if earlier != index:
                yield destination_listed_twice.finding(
                    f"destination {_target(item)} stands twice in {path[1]}[{path[2]}] of {resource.label()}",
                    Place(resource, (*path, index, "destination"), "listed again"),
                    Place(resource, (*path, earlier, "destination"), "listed first", "definition"),
                    hint="name another subset or host, or add its weight to the first",
                    key=f"{path[1]}[{path[2]}]/{_target(item)}",
                )


RULES: tuple[Rule, ...] = (
    weights_add_up_to_zero,
    weight_of_lone_destination,
    destination_without_weight,
    destination_listed_twice,
)
