"""Room: trace, one request through the mesh: DNS, listener, route, cluster, endpoints, TLS, policies.

In: an Xds view and a Request. Out: a Trace (mesh/steps.py). The door is tracer.Tracer.
"""
