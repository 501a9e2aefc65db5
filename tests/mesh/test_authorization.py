from __future__ import annotations

from typing import Any

import pytest
import yaml

from meshlint.kube.resource import resource_from
from meshlint.mesh.authorization import Attempt, Policies
from meshlint.mesh.request import request_of
from meshlint.mesh.settings import Settings

WEB = "shop/web"


def rulings(policies: str, attempt: Attempt, labels: dict[str, str] | None = None) -> list[bool | None]:
    resources = []
    for spec in yaml.safe_load(policies):
        kind = spec.pop("kind", "AuthorizationPolicy")
        metadata = {"name": "a", "namespace": spec.pop("namespace", "shop"), **spec.pop("metadata", {})}
        resources.append(
            resource_from(
                {"apiVersion": "security.istio.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
            )
        )
    return [one.allowed for one in Policies(resources, Settings()).rule("shop", labels or {}, attempt)]


def attempt(url: str = "http://api/", identity: str = WEB, **more: Any) -> Attempt:
    headers = more.pop("headers", ())
    method = more.pop("method", "")
    return Attempt(request_of(url, method, headers), more.pop("http", True), 8080, identity, **more)


@pytest.mark.parametrize(
    ("policies", "asked", "allowed"),
    [
        ("[]", attempt(), []),
        ("[{}]", attempt(), [False]),
        ("[{rules: [{}]}]", attempt(), [True]),
        ("[{action: DENY}]", attempt(), [True]),
        ("[{action: DENY, rules: [{}]}]", attempt(), [False]),
        ("[{action: AUDIT, rules: [{}]}]", attempt(), [True]),
        ("[{rules: [{}]}, {action: DENY, rules: [{to: [{operation: {ports: ['8080']}}]}]}]",
         attempt(), [False]),
        ("[{rules: [{to: [{operation: {ports: ['80']}}]}]}]", attempt(), [False]),
        ("[{metadata: {annotations: {istio.io/dry-run: 'true'}}}]", attempt(), []),
        ("[{namespace: istio-system}]", attempt(), [False]),
        ("[{namespace: other}]", attempt(), []),
        ("[{selector: {matchLabels: {app: x}}}]", attempt(), []),
        ("[{targetRefs: [{kind: Service, name: api}]}]", attempt(), []),
        # who
        ("[{rules: [{from: [{source: {principals: ['*']}}]}]}]", attempt(), [True]),
        ("[{rules: [{from: [{source: {principals: ['*']}}]}]}]", attempt(identity=""), [False]),
        ("[{rules: [{from: [{source: {principals: ['*/sa/web']}}]}]}]", attempt(), [True]),
        ("[{rules: [{from: [{source: {principals: [cluster.local/ns/shop/*]}}]}]}]", attempt(), [True]),
        ("[{rules: [{from: [{source: {principals: [far.example/ns/shop/sa/web]}}]}]}]", attempt(), [False]),
        ("[{rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}]",
         attempt(identity="shop/*"), [None]),
        ("[{rules: [{from: [{source: {principals: [cluster.local/ns/x/sa/web]}}]}]}]",
         attempt(identity="shop/*"), [False]),
        ("[{rules: [{from: [{source: {notNamespaces: [shop]}}]}]}]", attempt(), [False]),
        ("[{rules: [{from: [{source: {serviceAccounts: [web]}}]}]}]", attempt(), [True]),
        ("[{rules: [{from: [{source: {serviceAccounts: [other/web]}}]}]}]", attempt(), [False]),
        ("[{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}]", attempt(), [None]),
        ("[{action: DENY, rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}]", attempt(), [None]),
        ("[{rules: [{from: [{source: {requestPrincipals: ['*']}}]}]}]", attempt(), [False]),
        ("[{rules: [{from: [{source: {requestPrincipals: ['*']}}]}]}]",
         attempt(headers=["Authorization: Bearer x.y.z"]), [None]),
        # what
        ("[{rules: [{to: [{operation: {methods: [GET], paths: [/a, '/b/*', '*.html']}}]}]}]",
         attempt("http://api/b/c?d=e"), [True]),
        ("[{rules: [{to: [{operation: {methods: [POST]}}]}]}]", attempt(), [False]),
        ("[{rules: [{to: [{operation: {notMethods: [POST]}}]}]}]", attempt(), [True]),
        ("[{rules: [{to: [{operation: {hosts: ['API.example', 'API']}}]}]}]", attempt(), [True]),
        ("[{rules: [{to: [{operation: {paths: ['/a/{*}']}}]}]}]", attempt("http://api/a/b/c"), [False]),
        ("[{rules: [{to: [{operation: {paths: ['/a/{**}']}}]}]}]", attempt("http://api/a/b/c"), [True]),
        # when
        ("[{rules: [{when: [{key: 'request.headers[x-a]', values: ['1*']}]}]}]",
         attempt(headers=["X-A: 12"]), [True]),
        ("[{rules: [{when: [{key: source.namespace, notValues: [shop]}]}]}]", attempt(), [False]),
        ("[{rules: [{when: [{key: destination.port, values: ['8080']}]}]}]", attempt(), [True]),
        ("[{rules: [{when: [{key: source.ip, values: [10.0.0.1]}]}]}]", attempt(), [None]),
        ("[{rules: [{when: [{key: 'request.auth.claims[a]', values: [b]}]}]}]", attempt(), [False]),
        # connections: HTTP fields never match in ALLOW and are left out of DENY
        ("[{rules: [{to: [{operation: {methods: [GET]}}]}]}]", attempt(http=False), [False]),
        ("[{action: DENY, rules: [{to: [{operation: {methods: [GET], ports: ['8080']}}]}]}]",
         attempt(http=False), [False]),
        # a sample stands for requests with other paths
        ("[{rules: [{to: [{operation: {paths: [/a]}}]}]}]", attempt(sample=True), [None]),
        ("[{rules: [{from: [{source: {namespaces: [x]}}], to: [{operation: {paths: [/a]}}]}]}]",
         attempt(sample=True), [False]),
        # tokens
        ("[{kind: RequestAuthentication, jwtRules: [{issuer: a}]}]", attempt(), []),
        ("[{kind: RequestAuthentication, jwtRules: [{issuer: a}]}]",
         attempt(headers=["Authorization: Bearer x"]), [False]),
    ],
)  # fmt: skip
def test_rulings(policies: str, asked: Attempt, allowed: list[bool | None]) -> None:
    assert rulings(policies, asked) == allowed
