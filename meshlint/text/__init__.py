"""Floor 0: text and the places in it. No third-party import, nothing of YAML, Helm or Istio."""
