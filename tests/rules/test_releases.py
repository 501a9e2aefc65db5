"""References that hold under one release name, one namespace or one setting only, and all that is fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.lint import lint
from meshlint.options import LintOptions
from tests.rules.worlds import write

CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
HELPER = (
    '{{- define "shop.fullname" -}}\n'
    "{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name }}"
    "{{ else }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}\n"
    "{{- end }}\n"
)
FULL = '{{ include "shop.fullname" . }}'


def service(name: str, selector: str = "app: shop") -> str:
    """A Service."""
    return (
        f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector: {{{selector}}}\n"
        "  ports: [{name: http, port: 80}]\n"
    )


def route(host: str) -> str:
    """A VirtualService that routes to the host."""
    return (
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: shop\nspec:\n"
        "  hosts: [shop.example.com]\n  gateways: [istio-ingress/public]\n"
        f"  http:\n    - route:\n        - destination:\n            host: {host}\n"
    )


def named(kind: str, name: str, api: str = "v1") -> str:
    """An object with nothing but a name."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata:\n  name: {name}\n"


def pod(spec: str, labels: str = "app: shop") -> str:
    """A Deployment with more in its pod spec."""
    return (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n"
        f"  selector: {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n"
        f"    spec:\n      containers: [{{name: app, image: registry.example/app:1}}]\n{spec}"
    )


def codes(folder: Path, files: dict[str, str], family: str = "TPL", **options: object) -> list[str]:
    """Codes of the family that a chart gives."""
    write(folder, {"Chart.yaml": CHART, "templates/_names.tpl": HELPER, **files})
    given = LintOptions(paths=(str(folder),), isolated=True)._replace(**options)  # type: ignore[arg-type]
    report = lint(given)
    assert report.internal_errors == []
    return [each.finding.code for each in report.open() if each.finding.code.startswith(family)]


def templates(*texts: str) -> dict[str, str]:
    """Templates of a chart."""
    return {f"templates/{number}.yaml": text for number, text in enumerate(texts)}


ONE_NAME = {
    "host": templates(service("{{ .Release.Name }}-web"), route("shop-web")),
    "host by helper": templates(service(FULL), route("shop")),
    "host in another release": templates(service("{{ .Release.Name }}-web"), route("prod-web")),
    "full host": templates(
        service("{{ .Release.Name }}-web"), route("shop-web.{{ .Release.Namespace }}.svc.cluster.local")
    ),
    "the reference follows the release, the name does not": templates(
        service("shop-web"), route(f"{FULL}-web")
    ),
    "service account": templates(named("ServiceAccount", FULL), pod("      serviceAccountName: shop\n")),
    "config map": templates(
        named("ConfigMap", FULL), pod("      volumes: [{name: a, configMap: {name: shop}}]\n")
    ),
    "secret in the environment": templates(
        named("Secret", FULL),
        pod("      initContainers: [{name: i, image: a/b:1, envFrom: [{secretRef: {name: shop}}]}]\n"),
    ),
    "selector": templates(service("web", "app: shop"), pod("", "app: {{ .Release.Name }}")),
    "scaler": templates(
        pod("").replace("  name: shop\n", f"  name: {FULL}\n", 1),
        named("HorizontalPodAutoscaler", "shop", "autoscaling/v2")
        + "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}}\n",
    ),
    "role": templates(
        named("Role", FULL, "rbac.authorization.k8s.io/v1"),
        named("RoleBinding", "a", "rbac.authorization.k8s.io/v1")
        + "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: shop}\nsubjects: []\n",
    ),
    "gateway": templates(
        named("Gateway", FULL, "networking.istio.io/v1")
        + "spec: {selector: {istio: ingress}, servers: []}\n",
        route("elsewhere.example.com").replace("istio-ingress/public", "shop"),
    ),
}
ANY_NAME = {
    "one helper": templates(service(FULL), route(FULL), named("ServiceAccount", FULL)),
    "written out on both sides": templates(service("shop"), route("shop")),
    "outside the chart": templates(service(FULL), route("billing.finance.svc.cluster.local")),
    "another object of the name": templates(service(FULL), service("shop"), route("shop")),
    "a variable": templates(
        service(FULL), '{{- $name := include "shop.fullname" . }}\n' + route("{{ $name }}")
    ),
    "an object of one release only": templates(
        '{{- if eq .Release.Name "shop" }}\n'
        + service(FULL)
        + route("shop").join(("---\n", ""))
        + "{{- end }}\n"
    ),
    "a name that has no link to the release": templates(service("{{ .Values.name }}"), route("web"))
    | {"values.yaml": "name: web\n"},
}


@pytest.mark.parametrize("case", ONE_NAME, ids=str)
def test_a_reference_that_needs_one_release_name_is_found_once(case: str, tmp_path: Path) -> None:
    assert codes(tmp_path, ONE_NAME[case]) == ["TPL010"]


@pytest.mark.parametrize("case", ONE_NAME, ids=str)
def test_a_release_name_that_was_given_is_meant(case: str, tmp_path: Path) -> None:
    assert codes(tmp_path, ONE_NAME[case], release_name="shop") == []


@pytest.mark.parametrize("case", ANY_NAME, ids=str)
def test_references_that_hold_under_every_name_are_quiet(case: str, tmp_path: Path) -> None:
    assert codes(tmp_path, ANY_NAME[case]) == []


def test_a_host_of_another_release_is_unknown_where_the_name_was_given(tmp_path: Path) -> None:
    assert codes(tmp_path, ONE_NAME["host in another release"], "VS002", release_name="shop") == ["VS002"]


def test_a_host_of_another_release_is_not_called_unknown_as_well(tmp_path: Path) -> None:
    assert codes(tmp_path, ONE_NAME["host in another release"], "VS002") == []


NAMESPACED = templates(service("web"), route("web.prod.svc.cluster.local"))


def test_a_namespace_that_is_written_out_is_a_note(tmp_path: Path) -> None:
    assert codes(tmp_path, NAMESPACED) == ["TPL011"]


@pytest.mark.parametrize("namespace", ["prod", "stage"])
def test_a_namespace_that_was_given_is_meant(namespace: str, tmp_path: Path) -> None:
    assert codes(tmp_path, NAMESPACED, namespace=namespace) == []


SWITCH = "{{- if .Values.web.enabled }}\n%s{{- end }}\n"
SWITCHED = {"values.yaml": "web: {enabled: true}\nmesh: true\n"}


@pytest.mark.parametrize(
    ("wrapped", "found"),
    [
        ("%s", ["TPL012"]),
        ("{{- if .Values.mesh }}\n%s{{- end }}\n", ["TPL012"]),
        (SWITCH, []),
        ("{{- if and .Values.mesh .Values.web.enabled }}\n%s{{- end }}\n", []),
        ("{{- with .Values.web }}{{- if .enabled }}\n%s{{- end }}{{- end }}\n", []),
    ],
)
def test_a_route_that_stays_without_its_service(wrapped: str, found: list[str], tmp_path: Path) -> None:
    files = templates(SWITCH % service("web"), wrapped % route("web"))
    assert codes(tmp_path, {**files, **SWITCHED}) == found


def test_a_route_that_goes_another_way_without_its_service(tmp_path: Path) -> None:
    host = "{{ if .Values.web.enabled }}web{{ else }}web.example.com{{ end }}"
    files = templates(SWITCH % service("web"), route(host))
    assert codes(tmp_path, {**files, **SWITCHED}) == []
