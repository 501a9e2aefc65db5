"""Floor 0: what one lint run was asked to do, as plain records; command line and config file fill them.

Empty and None mean "not said": the stage that needs the value knows its default. Paths are as the
user wrote them, relative to the working directory.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

FailOn = Literal["error", "warning", "note", "never"]
FAIL_ON: tuple[FailOn, ...] = ("error", "warning", "note", "never")
EXPLORE_MAX = 16
Kind = Literal["auto", "chart", "manifests"]


class ValuesSet(NamedTuple):
    """A named set of values to render a chart with: one scenario, linted on its own.

    name     "prod"; findings say which sets show them
    files    values files in order, later wins
    values   values written in the config file itself (`set:`), over the files
    config   path of the config file that declares the set, "" for sets found by name or flag
    charts   globs of chart directories it applies to; () = every chart
    """

    name: str
    files: tuple[str, ...] = ()
    values: dict[str, Any] = {}
    config: str = ""
    charts: tuple[str, ...] = ()


class Ignore(NamedTuple):
    """One entry of the config's `ignores`: findings accepted with a reason.

    rule, object, path, values_set   globs, "" = any; object is "Kind/namespace/name" or "Kind/name"
    reason    required by the config schema
    expires   ISO date "2026-12-31" after which the entry no longer counts, "" = never
    where     "config path:line" to say which entry it was
    """

    rule: str
    reason: str
    object: str = ""
    path: str = ""
    values_set: str = ""
    expires: str = ""
    ticket: str = ""
    where: str = ""


class LintOptions(NamedTuple):
    """Everything `meshlint.lint.lint` takes. Give keywords only; `_replace` makes a changed copy.

    paths            what to lint: chart directories, .tgz, manifest files and directories, "-" for stdin
    kind             "chart" insists on charts, "manifests" takes directories as plain manifests
    stdin, stdin_filename   text of stdin if "-" is a path, and the name findings give it
    with_paths       more inputs of the same world, linted together with each of `paths`
    context_paths    manifests and charts known to exist: resolve references, are not linted
    exclude          globs of paths that discovery leaves out

    values, set_values, set_strings, set_files, set_jsons, set_literals   as `helm template -f/--set*`
    base_values      values files of the configuration, below those of every value set
    release_name     None = the chart's name
    namespace        None = unknown: shown as `<release-namespace>`
    kube_version, api_versions, is_upgrade, helm_compat (3 or 4)   as Helm's flags
    include_crds, skip_tests   the objects looked at (rendering itself is the same)

    dependency_paths   charts, or folders of charts, that supply dependencies which are not vendored

    values_sets      declared sets (config); use_sets: names picked on the command line, () = all;
    auto_values      find ci/*-values.yaml, values-*.yaml, values.*.yaml beside the chart's values.yaml
    explore          also try values that switch branches of the templates
    explore_max      most variants that are tried for one chart; None = EXPLORE_MAX

    cluster_domain, root_namespace, outbound_policy ("allow-any", "registry-only"), mtls
    ("strict", "permissive", "disable"), auto_mtls, profile (Istio version, "1.24"), mesh_mode
    ("sidecar", "ambient", "auto"), assume_injected (namespaces, "all"), closed_namespaces
    (everything that exists in them is in the input: a missing reference there is an error)

    select, extend_select, ignore   codes, slugs, prefixes, tags, peers' codes
    severities       rule -> severity from the config
    per_file_ignores glob -> codes
    ignores          accepted findings of the config
    min_precision, min_severity   lowest that is shown
    strict           references outside the input become warnings
    fail_on          see user documentation, "Exit codes"; None = "error"
    allow_empty      nothing to lint is no failure

    config, isolated  config file to use; isolated: read none (also: already applied)
    """

    paths: tuple[str, ...] = ()
    kind: Kind = "auto"
    stdin: str | None = None
    stdin_filename: str = "<stdin>"
    with_paths: tuple[str, ...] = ()
    context_paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    values: tuple[str, ...] = ()
    set_values: tuple[str, ...] = ()
    set_strings: tuple[str, ...] = ()
    set_files: tuple[str, ...] = ()
    set_jsons: tuple[str, ...] = ()
    set_literals: tuple[str, ...] = ()
    base_values: tuple[str, ...] = ()
    release_name: str | None = None
    namespace: str | None = None
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()
    is_upgrade: bool = False
    include_crds: bool = True
    skip_tests: bool = True
    helm_compat: int = 4

    dependency_paths: tuple[str, ...] = ()

    values_sets: tuple[ValuesSet, ...] = ()
    use_sets: tuple[str, ...] = ()
    auto_values: bool = True
    explore: bool = False
    explore_max: int | None = None

    cluster_domain: str | None = None
    root_namespace: str | None = None
    outbound_policy: str | None = None
    mtls: str | None = None
    auto_mtls: bool | None = None
    profile: str | None = None
    mesh_mode: str | None = None
    assume_injected: tuple[str, ...] = ()
    closed_namespaces: tuple[str, ...] = ()

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: dict[str, str] = {}
    per_file_ignores: dict[str, tuple[str, ...]] = {}
    ignores: tuple[Ignore, ...] = ()
    min_precision: str | None = None
    min_severity: str | None = None
    strict: bool = False
    fail_on: FailOn | None = None
    allow_empty: bool = False

    config: str | None = None
    isolated: bool = False
