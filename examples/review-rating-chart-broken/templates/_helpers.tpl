{{/* Labels of a pod: what Services select and what DestinationRule subsets tell apart. */}}
{{- define "review-rating.podLabels" -}}
app: {{ .app }}
sidecar.istio.io/inject: "true"
{{- end }}
