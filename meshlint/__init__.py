"""meshlint: a static linter for Helm charts and Kubernetes manifests, Istio first."""

__version__ = "0.1.0"
