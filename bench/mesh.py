"""How the mesh model grows: time and memory per object, and one question about a world that is built.

Run in a process of its own per size, so that memory is measured from nothing. Times are CPU time, so that
other work on the machine does not count, and the best of three rounds.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

from bench.worlds import world

SIZES = (1000, 5000, 20000)
ROUNDS = 3
CLIENTS = 20  # whose questions are timed


class Grown(NamedTuple):
    """One size: microseconds per object to build the model and to ask about every route; bytes per object
    beyond the manifests; milliseconds of a client's first trace and of a further one."""

    objects: int
    build: float
    ask: float
    memory: float
    first: float
    again: float


def grow(size: int) -> Grown:
    """Build one world and ask about it."""
    import tracemalloc

    from meshlint.mesh.graph import Mesh
    from meshlint.mesh.request import request_of
    from meshlint.mesh.trace.tracer import Tracer
    from meshlint.mesh.xds import Xds

    resources = world(size)
    gc.collect()
    gc.disable()
    start = time.process_time()
    mesh = Mesh.build(resources)
    build = time.process_time() - start
    start = time.process_time()
    for virtual in mesh.virtual_services:
        for route, target in virtual.targets():
            for _ in mesh.uses(virtual, route, target):
                pass
    ask = time.process_time() - start
    tracer = Tracer(Xds(mesh))
    first: list[float] = []
    again: list[float] = []
    clients = [workload for workload in mesh.workloads if workload.name == "web"][:CLIENTS]
    for client in clients:
        request = request_of(f"http://api.{client.namespace}/api/v1")
        for times in (first, again):
            start = time.process_time()
            trace = tracer.from_workload(client, request)
            times.append(time.process_time() - start)
            assert trace.verdict == "OK", trace
    del mesh, tracer, clients
    gc.enable()
    gc.collect()
    tracemalloc.start()
    kept = Mesh.build(resources)
    memory = tracemalloc.get_traced_memory()[0]
    count = len(kept.resources)
    return Grown(
        count,
        build / count * 1e6,
        ask / count * 1e6,
        memory / count,
        median(first) * 1000,
        median(again) * 1000,
    )


def table() -> str:
    """A line per size, each measured in a fresh interpreter, and how flat the time per object is."""
    rows = []
    for size in SIZES:
        command = [sys.executable, "-m", "bench.mesh", str(size)]
        runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(ROUNDS)]
        rows.append(Grown(*map(min, zip(*(json.loads(run.stdout) for run in runs), strict=True))))
    lines = [f"{'objects':>8} {'build us':>9} {'ask us':>7} {'bytes':>6} {'first ms':>9} {'again ms':>9}"]
    lines += [
        f"{row.objects:8} {row.build:9.1f} {row.ask:7.1f} {row.memory:6.0f} {row.first:9.3f} {row.again:9.3f}"
        for row in rows
    ]
    totals = [row.build + row.ask for row in rows]
    lines.append(f"time per object, largest to smallest: {max(totals) / min(totals):.2f}x (1.5x at most)")
    return "\n".join(lines)


if __name__ == "__main__":
    print(json.dumps(grow(int(sys.argv[1]))))
