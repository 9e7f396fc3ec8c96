"""What nodes do, as real processes, beside the machine's limits measured in the same run.

Run by scripts/bench. A part's name plays that part alone: bench.py … --only catch_up
"""

import argparse
import os
import sys
import tempfile

import devices
import faces
import limits as machine
import pages
import replication
from cluster import Cluster
from table import Wanted

PARTS = {
    "faces": ("cluster/demo.yaml", faces.measure),
    "catch_up": ("cluster/demo.yaml", replication.catch_up),
    "submits": ("cluster/demo.yaml", replication.submits),
    "heal": (replication.EIGHT_LEAVES, replication.heal),
    "reconcile": ("cluster/demo.yaml", replication.reconcile),
    "bootstrap": ("cluster/demo.yaml", replication.bootstrap),
    "ingest": ("cluster/demo.yaml", devices.ingest),
    "broker": ("cluster/demo.yaml", devices.broker),
    "alarms": ("cluster/demo.yaml", devices.alarms),
    "pages": ("cluster/demo.yaml", pages.measure),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--liandong", required=True, help="the built binary, a release build")
    parser.add_argument("--replica-bench", required=True, help="the built tool that fills stores")
    parser.add_argument("--quick", action="store_true", help="a tenth of the records and seconds")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be given again")
    options = parser.parse_args()
    scale = 0.1 if options.quick else 1.0
    wanted = Wanted()

    with tempfile.TemporaryDirectory() as folder:
        limits = machine.measure_limits(folder, 1.0 if options.quick else 3.0)
        tool = replication.Tool(options.replica_bench)
        for name in options.only or PARTS:
            topology, measure = PARTS[name]
            if not topology.endswith(".yaml"):
                file = os.path.join(folder, f"{name}.yaml")
                with open(file, "w") as text:
                    text.write(topology)
                topology = file
            cluster = Cluster(options.liandong, os.path.join(folder, name), topology)
            cluster.tool = tool
            try:
                measure(cluster, limits, wanted, scale)
            finally:
                cluster.down()
        tool.close()
    print(f"\nmissed: {', '.join(wanted.missed) or 'nothing'}")
    return 1 if wanted.missed else 0


if __name__ == "__main__":
    sys.exit(main())
