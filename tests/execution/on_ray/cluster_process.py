"""A Ray cluster of several nodes on the loopback of one machine, in a process of its own.

Started with the CPUs of each node, the head first, it prints the address and the nodes' ids as JSON; then it takes
lines: ``kill 1`` ends the second node at once. It takes the cluster down when its standard input ends, however that
came about.
"""

from __future__ import annotations

import json
import os
import signal
import sys

_START_S = 150.0
"""More than Ray waits by itself, for busy machines."""


def main(cpus: list[float]) -> None:
    """Start the nodes and obey."""
    # Ctrl-C is for the tests; what ends this is the end of its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what Ray prints must not be taken for an answer
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        nodes = [cluster.add_node(wait=False, num_cpus=number, object_store_memory=100 << 20) for number in cpus]
        cluster.wait_for_nodes(_START_S)
        answers.write(json.dumps({"address": cluster.address, "nodes": [node.node_id for node in nodes]}) + "\n")
        for line in sys.stdin:
            cluster.remove_node(nodes[int(line.split()[1])], allow_graceful=False)
            answers.write(json.dumps({"done": line.strip()}) + "\n")
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main([float(number) for number in sys.argv[1:]])
