#!/bin/sh
# Runs the tests N times in a shuffled order, while other work keeps every core busy, and counts
# the runs that failed: tools/flaky.sh [N] [SEED] [PYTEST ARGUMENT ...], 10 and the time without.
# Files are shuffled, and the tests in them, by SEED for the first run, SEED + 1 for the next one,
# and so on: `tools/flaky.sh 1 SEED` repeats a run. Exit status 1 says that one failed. BUSY=0 leaves
# the other work out, where the machine has enough of it. `python -m pytest -p tools.alone -n 0` runs
# each test alone.
GROUPS_WANTED="test flaky"
. "$(dirname "$0")/setup.sh"
runs=${1:-10}
seed=${2:-$(date +%s)}
[ $# -lt 2 ] || shift
[ $# -eq 0 ] || shift
cores=$(getconf _NPROCESSORS_ONLN)
# The busy work ends with this script, however that ends: its parent is looked at all the time.
i=0
while [ "$i" -lt "${BUSY:-$cores}" ]; do
    python -c "
import os
while os.getppid() == $$:
    sum(range(100_000))" &
    i=$((i + 1))
done
failed=0
n=0
while [ "$n" -lt "$runs" ]; do
    order=$((seed + n))
    n=$((n + 1))
    echo "run $n of $runs, seed $order"
    python -m pytest -q -n "$cores" --dist loadgroup \
        --random-order-bucket=module --random-order-seed="$order" "$@" || failed=$((failed + 1))
done
echo "$failed of $runs runs failed"
[ "$failed" -eq 0 ]
