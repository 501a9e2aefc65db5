"""Floor 6: the mesh as Istio sees it: what Envoy will get from these resources."""
