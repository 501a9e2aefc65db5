"""Charts and manifests of a chosen size, written into a folder: the inputs of the benchmarks."""

from __future__ import annotations

from pathlib import Path

HELPERS = """\
{{- define "shop.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "shop.fullname" -}}
{{- $name := include "shop.name" .root -}}
{{- printf "%s-%s" $name .service.name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- define "shop.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ include "shop.fullname" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}
{{- define "shop.podLabels" -}}
app: {{ include "shop.fullname" . }}
version: {{ .service.version | default "v1" }}
{{- end }}
"""

TEMPLATE = """\
{{- $service := index .Values.services NUMBER -}}
{{- $scope := dict "root" $ "service" $service -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "shop.fullname" $scope }}
  labels:
    {{- include "shop.labels" $scope | nindent 4 }}
spec:
  replicas: {{ $service.replicas | default 1 }}
  selector:
    matchLabels:
      app: {{ include "shop.fullname" $scope }}
  template:
    metadata:
      annotations:
        {{- toYaml $service.annotations | nindent 8 }}
      labels:
        {{- include "shop.podLabels" $scope | nindent 8 }}
    spec:
      containers:
        - name: app
          image: "{{ $service.image.repository }}:{{ $service.image.tag | default .Chart.AppVersion }}"
          env:
            {{- range $key, $value := $service.env }}
            - name: {{ $key | upper | replace "." "_" }}
              value: {{ tpl $value $ | quote }}
            {{- end }}
          ports:
            - name: http
              containerPort: {{ $service.port }}
          {{- with $service.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- if $service.probe.enabled }}
          readinessProbe:
            httpGet:
              path: {{ $service.probe.path | quote }}
              port: http
          {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "shop.fullname" $scope }}
  labels:
    app: {{ include "shop.fullname" $scope }}
    {{- include "shop.labels" $scope | nindent 4 }}
spec:
  selector:
    app: {{ include "shop.fullname" $scope }}
  ports:
    - name: http
      port: 80
      targetPort: {{ $service.port }}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: {{ include "shop.fullname" $scope }}
spec:
  hosts:
    - {{ include "shop.fullname" $scope }}
  http:
    - route:
        - destination:
            host: {{ include "shop.fullname" $scope }}
            subset: stable
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: {{ include "shop.fullname" $scope }}
spec:
  host: {{ include "shop.fullname" $scope }}
  subsets:
    - name: stable
      labels:
        version: {{ $service.version | default "v1" }}
"""


def write_chart(folder: Path, templates: int = 30, variables: int = 18) -> Path:
    """Write a chart of `templates` templates; 30 of them render to about 100 KB. Returns its folder."""
    chart = folder / "shop"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text('apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: "4.5.6"\n')
    (chart / "templates/_helpers.tpl").write_text(HELPERS)
    services = [_service(number, variables) for number in range(templates)]
    (chart / "values.yaml").write_text("services:\n" + "".join(services))
    for number in range(templates):
        text = TEMPLATE.replace("NUMBER", str(number))
        (chart / f"templates/service{number}.yaml").write_text(text)
    return chart


def _service(number: int, variables: int) -> str:
    env = "".join(
        f'      feature.{index}.name: "value {index} of {{{{ .Release.Name }}}}"\n'
        for index in range(variables)
    )
    return f"""\
  - name: service{number}
    version: v1
    replicas: 2
    port: {8000 + number}
    image: {{repository: registry.example/shop/service{number}, tag: ""}}
    annotations:
      prometheus.io/scrape: "true"
      prometheus.io/port: "{8000 + number}"
      example.com/description: "service number {number} of the shop, which sells things of kind {number}"
    env:
{env}    probe: {{enabled: true, path: /healthz}}
    resources:
      limits: {{cpu: 500m, memory: 256Mi}}
      requests: {{cpu: 100m, memory: 128Mi}}
"""
