"""Each form of guard around an object, and the values that open it; every row is rendered to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.explore.variants import ROUTE, explore

# name: (template, values.yaml, flags of the first variant)
GUARDS: dict[str, tuple[str, str, list[str]]] = {
    "if": (
        "{{ if .Values.istio.enabled }}\nROUTE\n{{ end }}",
        "istio: {enabled: false}",
        ["--set istio.enabled=true"],
    ),
    "a switch that is nowhere": ("{{ if .Values.istio }}\nROUTE\n{{ end }}", "", ["--set istio=true"]),
    "nested": (
        "{{ if .Values.a.enabled }}{{ if .Values.b.enabled }}\nROUTE\n{{ end }}{{ end }}",
        "a: {enabled: false}\nb: {enabled: false}",
        ["--set a.enabled=true", "--set b.enabled=true"],
    ),
    "and": (
        "{{ if and .Values.a .Values.b }}\nROUTE\n{{ end }}",
        "a: false\nb: true",
        ["--set a=true"],
    ),
    "or": ("{{ if or .Values.a .Values.b }}\nROUTE\n{{ end }}", "a: false\nb: false", ["--set a=true"]),
    "not": ("{{ if not .Values.disable }}\nROUTE\n{{ end }}", "disable: true", ["--set disable=false"]),
    "eq": ('{{ if eq .Values.mode "istio" }}\nROUTE\n{{ end }}', "mode: none", ["--set mode=istio"]),
    "eq of a missing value": ('{{ if eq .Values.mode "istio" }}\nROUTE\n{{ end }}', "", ["--set mode=istio"]),
    "eq of several": (
        '{{ if eq .Values.mode "istio" "linkerd" }}\nROUTE\n{{ end }}',
        "mode: none",
        ["--set mode=istio"],
    ),
    "eq of a text that looks like a bool": (
        '{{ if eq .Values.mode "true" }}\nROUTE\n{{ end }}',
        "mode: none",
        ["--set-string mode=true"],
    ),
    "eq of a lowered text": (
        '{{ if eq (.Values.mode | lower) "istio" }}\nROUTE\n{{ end }}',
        "mode: None",
        ["--set mode=istio"],
    ),
    "ne": (
        '{{ if ne .Values.mode "none" }}\nROUTE\n{{ end }}',
        "mode: none",
        ["--set mode=placeholder-mode"],
    ),
    "ne of nothing": (
        '{{ if ne .Values.host "" }}\nROUTE\n{{ end }}',
        'host: ""',
        ["--set host=placeholder-host"],
    ),
    "default": ("{{ if .Values.a | default false }}\nROUTE\n{{ end }}", "", ["--set a=true"]),
    "else": ("{{ if .Values.a }}{{ else }}\nROUTE\n{{ end }}", "a: true", ["--set a=false"]),
    "else if": (
        "{{ if .Values.a }}x: 1\n{{ else if .Values.b }}\nROUTE\n{{ end }}",
        "a: true\nb: false",
        ["--set a=false", "--set b=true"],
    ),
    "with a list": (
        "{{ with .Values.gateway.hosts }}\nROUTEspec:\n  hosts: {{ toYaml . | nindent 4 }}\n{{ end }}",
        "gateway: {hosts: []}",
        ["--set gateway.hosts={placeholder-gateway-hosts}"],
    ),
    "with a list that is nowhere": (
        "{{ with .Values.hosts }}\nROUTEspec:\n  hosts:\n  {{- range . }}\n  - {{ . }}{{ end }}\n{{ end }}",
        "",
        ["--set hosts={placeholder-hosts}"],
    ),
    "with a mapping": (
        "{{ with .Values.gateway }}\nROUTEspec: {gateways: [{{ .name }}]}\n{{ end }}",
        "",
        ["--set gateway.placeholder=placeholder-gateway"],
    ),
    "range over nothing": (
        "{{ range .Values.hosts }}\n---\nROUTE\n{{ end }}",
        "hosts: []",
        ["--set hosts={placeholder-hosts}"],
    ),
    "range over items with a switch": (
        "{{ range .Values.apps }}{{ if .istio }}\n---\nROUTE\n{{ end }}{{ end }}",
        "apps: [{name: a}, {name: b, istio: false}]",
        ["--set apps[0].istio=true"],
    ),
    "range over a mapping": (
        "{{ range $name, $app := .Values.apps }}{{ if $app.istio.enabled }}\n---\nROUTE\n{{ end }}{{ end }}",
        "apps: {shop: {istio: {enabled: false}}}",
        ["--set apps.shop.istio.enabled=true"],
    ),
    "a variable": (
        "{{ $istio := .Values.istio }}{{ if $istio.enabled }}\nROUTE\n{{ end }}",
        "istio: {enabled: false}",
        ["--set istio.enabled=true"],
    ),
    "a variable set under a condition": (
        "{{ $on := false }}{{ if .Values.a }}{{ $on = true }}{{ end }}{{ if $on }}\nROUTE\n{{ end }}",
        "a: false",
        ["--set a=true"],
    ),
    "index": (
        '{{ if index .Values "my-istio" "enabled" }}\nROUTE\n{{ end }}',
        "my-istio: {enabled: false}",
        ["--set my-istio.enabled=true"],
    ),
    "dig": (
        '{{ if dig "istio" "enabled" false .Values.AsMap }}\nROUTE\n{{ end }}',
        "istio: {}",
        ["--set istio.enabled=true"],
    ),
    "hasKey": ('{{ if hasKey .Values "istio" }}\nROUTE\n{{ end }}', "", ["--set istio=true"]),
    "gt of a length": (
        "{{ if gt (len .Values.hosts) 0 }}\nROUTE\n{{ end }}",
        "hosts: []",
        ["--set hosts={placeholder-hosts}"],
    ),
    "gt": ("{{ if gt (int .Values.replicas) 1 }}\nROUTE\n{{ end }}", "replicas: 1", ["--set replicas=2"]),
    "has": (
        '{{ if has "istio" .Values.meshes }}\nROUTE\n{{ end }}',
        "meshes: [a]",
        ["--set meshes={a,istio}"],
    ),
    "a key with a dot": (
        '{{ if index .Values "istio.io" }}\nROUTE\n{{ end }}',
        "istio.io: false",
        ["--set istio\\.io=true"],
    ),
    "an API the cluster lacks": (
        '{{ if .Capabilities.APIVersions.Has "networking.istio.io/v1" }}\nROUTE\n{{ end }}',
        "",
        ["--api-versions networking.istio.io/v1"],
    ),
    "an API and a switch": (
        '{{ if and (.Capabilities.APIVersions.Has "networking.istio.io/v1") .Values.a }}\nROUTE\n{{ end }}',
        "a: false",
        ["--set a=true", "--api-versions networking.istio.io/v1"],
    ),
    "a helper that says true": (
        '{{ define "on" }}{{ if .Values.istio.enabled }}true{{ end }}{{ end }}'
        '{{ if include "on" . }}\nROUTE\n{{ end }}',
        "istio: {enabled: false}",
        ["--set istio.enabled=true"],
    ),
    "a helper that is compared": (
        '{{ define "on" }}{{ if and .Values.a .Values.b }}true{{ else }}false{{ end }}{{ end }}'
        '{{ if eq (include "on" .) "true" }}\nROUTE\n{{ end }}',
        "a: false\nb: false",
        ["--set a=true", "--set b=true"],
    ),
    "a helper with arguments": (
        '{{ define "route" }}{{ if .route.enabled }}\nROUTE\n{{ end }}{{ end }}'
        '{{ include "route" (dict "root" $ "route" .Values.routes.main) }}',
        "routes: {main: {enabled: false}}",
        ["--set routes.main.enabled=true"],
    ),
    "a helper that writes it, switched outside": (
        '{{ define "route" }}\nROUTE\n{{ end }}{{ if .Values.a }}{{ template "route" . }}{{ end }}',
        "a: false",
        ["--set a=true"],
    ),
    "a guard inside the object": (
        "{{ with .Values.route }}{{ if .enabled }}\nROUTE\n{{ end }}{{ end }}",
        "route: {enabled: false}",
        ["--set route.enabled=true"],
    ),
}


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_is_opened(name: str, tmp_path: Path) -> None:
    template, values, flags = GUARDS[name]
    files = {"templates/x.yaml": template.replace("ROUTE", ROUTE), "values.yaml": values}
    tried = explore(tmp_path, files)
    assert list(tried[0].flags) == flags
    assert "VirtualService/review" in tried[0].objects


CLOSED = {
    "nothing there": "{{ if .Values.a }}\na: 1\n{{ end }}",
    "another group": "{{ if .Values.a }}\napiVersion: traefik.io/v1\nkind: Gateway\n{{ end }}",
    "already rendered": ROUTE,
    "a constant": "{{ if false }}\n" + ROUTE + "\n{{ end }}",
    "the release": "{{ if .Release.IsUpgrade }}\n" + ROUTE + "\n{{ end }}",
    "only in the cluster": '{{ if lookup "v1" "Secret" "a" "b" }}\n' + ROUTE + "\n{{ end }}",
    "never called": '{{ define "route" }}\n' + ROUTE + "\n{{ end }}",
    "a kind further in": "{{ if .Values.a }}\nspec:\n  kind: VirtualService\n{{ end }}",
}


@pytest.mark.parametrize("name", CLOSED)
def test_nothing_is_tried_for(name: str, tmp_path: Path) -> None:
    assert explore(tmp_path, {"templates/x.yaml": CLOSED[name]}) == []
