#!/usr/bin/env bash
# Prints how many instructions an operation takes, on an Ockam node and in raw tokio.
#
#   ockam_node/benches/instructions.sh [WORKLOAD...]        (w2 to w8 if none is named)
#
# Every workload runs twice under callgrind, with a short and a long fixed length. The difference
# of the counts, divided by that of the lengths, is what an operation costs: what happens once
# cancels out.
#
# Which thread of the runtime picks up a task is chance, and the wrong one costs a few hundred
# instructions. So every run is made several times, and the least count is taken. That repeats
# within one or two per cent, on a busy machine as well.
#
# It needs bash, cargo and valgrind, and takes a few minutes. In the environment, RUNS changes how
# many runs are made of each length, SHORT and LONG change the lengths. Keep both multiples of
# 1,000, the size of the ring.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."

short=${SHORT:-2000}
long=${LONG:-12000}
runs=${RUNS:-5}
workloads=("$@")
if ((${#workloads[@]} == 0)); then
  workloads=(w2_echo w3_oneway w4_producers w5_ring w6_pairs w7_hops w8_ask)
fi

# Builds the bench and sets `bench` to its program, which cargo names in parentheses.
build() {
  local output
  output=$(cargo bench -p ockam_node --bench messaging --no-run 2>&1) || {
    echo "$output" >&2
    exit 1
  }
  if [[ ! $output =~ Executable.*\((.*)\) ]]; then
    echo "cargo did not say where the bench is:" >&2
    echo "$output" >&2
    exit 1
  fi
  bench=${BASH_REMATCH[1]}
}

# Sets `instructions` to the count of one run.
count() {
  local output
  # Without fair scheduling one thread can keep the other from running for a long time.
  output=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --fair-sched=yes \
    "$bench" "$@" 2>&1) || {
    echo "$output" >&2
    exit 1
  }
  if [[ ! $output =~ Collected\ :\ ([0-9]+) ]]; then
    echo "callgrind did not say how many instructions there were:" >&2
    echo "$output" >&2
    exit 1
  fi
  instructions=${BASH_REMATCH[1]}
}

# Sets `least` to the least count of several runs.
count_least() {
  local run
  least=
  for ((run = 0; run < runs; run++)); do
    count "$@"
    if [[ -z $least ]] || ((instructions < least)); then
      least=$instructions
    fi
  done
}

# Sets `per_op` to the instructions of one operation.
per_operation() {
  count_least "$1" --ops "$short" "${@:2}"
  local less=$least
  count_least "$1" --ops "$long" "${@:2}"
  per_op=$(((least - less) / (long - short)))
}

build
printf '%-14s %10s %10s %7s\n' workload ours floor ratio
for workload in "${workloads[@]}"; do
  per_operation "$workload"
  ours=$per_op
  per_operation "$workload" --floor
  ratio=$((100 * ours / (per_op > 0 ? per_op : 1)))
  printf '%-14s %10d %10d %4d.%02d\n' "$workload" "$ours" "$per_op" $((ratio / 100)) $((ratio % 100))
done
