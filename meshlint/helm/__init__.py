"""Floor 4: Helm: charts, values, dependencies, capabilities, rendering, manifests."""
