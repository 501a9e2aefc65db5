"""Floor 5: Kubernetes objects: documents with positions, resources, workloads, selectors."""
