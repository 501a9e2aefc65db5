"""Whole charts: subcharts that are off, library helpers, globals, toggles that exclude each other, bounds."""

from __future__ import annotations

from pathlib import Path

from tests.explore.variants import ROUTE, Tried, explore

SUBCHART = "apiVersion: v2\nname: {name}\nversion: 0.1.0\n"
UMBRELLA = "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n"


def dependency(name: str, *more: str) -> str:
    return f"- {{{', '.join((f'name: {name}', 'version: 0.1.0', *more))}}}\n"


def named(name: str, guard: str = "") -> str:
    text = ROUTE.replace("review", name)
    return f"{{{{ if {guard} }}}}\n{text}\n{{{{ end }}}}\n" if guard else text


def test_a_subchart_is_switched_on_by_its_condition(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": UMBRELLA + dependency("db", "condition: db.enabled"),
        "values.yaml": "db: {enabled: false}\n",
        "charts/db/Chart.yaml": SUBCHART.format(name="db"),
        "charts/db/templates/x.yaml": named("db"),
    }
    assert explore(tmp_path, files) == [Tried(("--set db.enabled=true",), ("VirtualService/db",))]


def test_a_subchart_is_switched_on_by_its_tag(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": UMBRELLA + dependency("db", "tags: [data]"),
        "values.yaml": "tags: {data: false}\n",
        "charts/db/Chart.yaml": SUBCHART.format(name="db"),
        "charts/db/templates/x.yaml": named("db"),
    }
    assert explore(tmp_path, files) == [Tried(("--set tags.data=true",), ("VirtualService/db",))]


def test_what_a_subchart_guards_is_opened_once_it_is_on(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": UMBRELLA + dependency("db", "condition: db.enabled", "alias: store"),
        "values.yaml": "db: {enabled: false}\n",
        "charts/db/Chart.yaml": SUBCHART.format(name="db"),
        "charts/db/values.yaml": "istio: {enabled: false}\n",
        "charts/db/templates/x.yaml": named("db", ".Values.istio.enabled") + "---\n" + named("rw"),
    }
    tried = explore(tmp_path, files)
    assert [each.flags for each in tried] == [
        ("--set db.enabled=true",),
        ("--set db.enabled=true", "--set store.istio.enabled=true"),
    ]
    assert tried[1].objects == ("VirtualService/db", "VirtualService/rw")


def test_a_value_of_a_subchart_is_set_below_its_name(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": UMBRELLA + dependency("db"),
        "charts/db/Chart.yaml": SUBCHART.format(name="db"),
        "charts/db/values.yaml": "istio: {enabled: false}\n",
        "charts/db/templates/x.yaml": named("db", ".Values.istio.enabled"),
    }
    assert explore(tmp_path, files)[0].flags == ("--set db.istio.enabled=true",)


def test_globals_are_set_at_the_top(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": UMBRELLA + dependency("db"),
        "values.yaml": "global: {istio: false}\n",
        "charts/db/Chart.yaml": SUBCHART.format(name="db"),
        "charts/db/templates/x.yaml": named("db", ".Values.global.istio"),
    }
    assert explore(tmp_path, files) == [Tried(("--set global.istio=true",), ("VirtualService/db",))]


def test_a_library_helper_is_followed_into_the_values_of_its_caller(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": UMBRELLA + dependency("lib"),
        "values.yaml": "routes: {web: {enabled: false}}\n",
        "templates/x.yaml": '{{ include "lib.route" (dict "context" $ "config" .Values.routes.web) }}',
        "charts/lib/Chart.yaml": SUBCHART.format(name="lib") + "type: library\n",
        "charts/lib/templates/_x.tpl": '{{ define "lib.route" }}{{ $on := .config.enabled }}\n'
        + named("web", "$on")
        + "{{ end }}",
    }
    assert explore(tmp_path, files) == [Tried(("--set routes.web.enabled=true",), ("VirtualService/web",))]


def test_toggles_that_go_together_share_a_variant(tmp_path: Path) -> None:
    files = {f"templates/{name}.yaml": named(name, f".Values.{name}") for name in ("a", "b", "c")}
    (tried,) = explore(tmp_path, files)
    assert sorted(tried.flags) == ["--set a=true", "--set b=true", "--set c=true"]
    assert tried.objects == ("VirtualService/a", "VirtualService/b", "VirtualService/c")


def test_contrary_toggles_have_variants_of_their_own(tmp_path: Path) -> None:
    files = {
        "templates/a.yaml": named("a", 'eq .Values.mode "a"'),
        "templates/b.yaml": named("b", 'eq .Values.mode "b"'),
        "values.yaml": "mode: none\n",
    }
    assert sorted(each.flags for each in explore(tmp_path, files)) == [("--set mode=a",), ("--set mode=b",)]


def test_what_a_chart_refuses_together_is_tried_one_by_one(tmp_path: Path) -> None:
    refusal = '{{ if and .Values.a .Values.b }}{{ fail "either a or b" }}{{ end }}'
    files = {
        "templates/0.yaml": refusal,
        "templates/a.yaml": named("a", ".Values.a"),
        "templates/b.yaml": named("b", ".Values.b"),
    }
    tried = explore(tmp_path, files)
    assert sorted(tried[0].flags) == ["--set a=true", "--set b=true"]
    assert sorted(each.objects for each in tried[1:]) == [("VirtualService/a",), ("VirtualService/b",)]


def test_another_way_is_tried_if_the_first_does_not_open(tmp_path: Path) -> None:
    guard = 'or (and .Values.a (eq .Release.Name "x")) .Values.b'
    tried = explore(tmp_path, {"templates/a.yaml": named("a", guard)})
    assert tried[-1] == Tried(("--set b=true",), ("VirtualService/a",))


def test_flags_of_the_user_are_not_overruled(tmp_path: Path) -> None:
    files = {"templates/a.yaml": named("a", ".Values.a"), "values.yaml": "a: true\n"}
    assert [each.objects for each in explore(tmp_path, files, set=["a=false"])] == [()]


def test_templates_that_call_each_other_in_a_circle_end(tmp_path: Path) -> None:
    text = '{{ define "a" }}{{ if .Values.x }}{{ include "b" . }}{{ end }}{{ end }}'
    text += '{{ define "b" }}{{ if .Values.y }}\n' + ROUTE + '{{ include "a" . }}{{ end }}{{ end }}'
    tried = explore(tmp_path, {"templates/a.yaml": text + '{{ include "a" . }}'})
    assert tried[0].flags == ("--set x=true", "--set y=true")
