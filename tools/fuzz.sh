#!/bin/sh
# Fuzzes every target for SECONDS each (default 30): tools/fuzz.sh [SECONDS] [TARGET ...]
# What breaks one is left in .fuzz/TARGET/, and is to become a test.
GROUPS_WANTED="test fuzz"
. "$(dirname "$0")/setup.sh"
seconds=${1:-30}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- cassette records journal sse ndjson redaction vcr har
for target in "$@"; do
    echo "fuzzing $target for $seconds seconds"
    mkdir -p ".fuzz/$target/corpus"
    timeout $((seconds + 60)) python tools/fuzz.py "$target" ".fuzz/$target/corpus" \
        -max_total_time="$seconds" -artifact_prefix=".fuzz/$target/" -rss_limit_mb=2048 -timeout=20 \
        -print_final_stats=1 -verbosity=0 2>".fuzz/$target/log" || {
        echo "FOUND: see .fuzz/$target/"
        tail -40 ".fuzz/$target/log"
        exit 1
    }
    grep -h "number_of_executed_units" ".fuzz/$target/log" || true
done
