# Fly.io's distributed systems challenges, solved and judged. `just` alone lists what there is.

# Each challenge runs with the flags that Fly.io publishes. The judge is this repository's workbench;
# `MAELSTROM=/path/to/maelstrom just test-…` lets Maelstrom itself judge the same binaries with the same flags.

binaries := env("CARGO_TARGET_DIR", "target") / "release"
judge := if env("MAELSTROM", "") == "" { binaries / "workbench" } else { quote(env("MAELSTROM")) }
thresholds := binaries / "workbench thresholds"

# What challenges 3d and 3e demand, and what we want of ourselves: all figures must stay below.
limits_3d := "--max-msgs-per-op 30 --max-median-ms 400 --max-latency-ms 600"
targets_3d := "--target-msgs-per-op 1.2 --target-median-ms 380 --target-latency-ms 570"
limits_3e := "--max-msgs-per-op 20 --max-median-ms 1000 --max-latency-ms 2000"
targets_3e := "--target-msgs-per-op 0.36 --target-median-ms 950 --target-latency-ms 1800"

flags_3d := "--node-count 25 --time-limit 20 --rate 100 --latency 100"
flags_4 := "--node-count 3 --rate 100 --time-limit 20 --nemesis partition"
flags_5bc := "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000"
flags_6a := "--node-count 1 --time-limit 20 --rate 1000 --concurrency 2n"
flags_6bc := "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000"
available := "--availability total --nemesis partition"

# These challenges name no figure; what we want of ourselves. (A lone node has nobody to talk to.)
target_alone := "--target-msgs-per-op 0.001"
target_4 := "--target-msgs-per-op 0.15"
target_5bc := "--target-msgs-per-op 0.03"
target_5_far := "--target-msgs-per-op 0.15"
target_6 := "--target-msgs-per-op 0.1"

@_list:
    {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# Check everything: format, lints, docs, tests
test: _format _lint _docs
    cargo test --locked --workspace

# Challenge 1: echo
test-echo: _build
    {{ judge }} test -w echo --bin {{ binaries }}/echo --node-count 1 --time-limit 10

# Challenge 2: unique ids, under partitions
test-unique-ids: _build
    {{ judge }} test -w unique-ids --bin {{ binaries }}/unique-ids --node-count 3 --time-limit 30 --rate 1000 \
        --availability total --nemesis partition

# Challenge 3, all of it: broadcast
test-broadcast: test-broadcast-3a test-broadcast-3b test-broadcast-3c test-broadcast-3d test-broadcast-3e

# Challenge 3a: one node
test-broadcast-3a: _build
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast --node-count 1 --time-limit 20 --rate 10

# Challenge 3b: five nodes
test-broadcast-3b: _build
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast --node-count 5 --time-limit 20 --rate 10

# Challenge 3c: five nodes, under partitions
test-broadcast-3c: _build
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast --node-count 5 --time-limit 20 --rate 10 \
        --nemesis partition

# Challenge 3d: 25 nodes, 100 ms apart, quick and cheap
test-broadcast-3d: _build
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast {{ flags_3d }}
    {{ thresholds }} store/broadcast/latest {{ limits_3d }} {{ targets_3d }}

# Challenge 3e: the same, cheaper still, in rounds of 1.6 s
test-broadcast-3e: _build
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast {{ flags_3d }} -- --round 1600ms
    {{ thresholds }} store/broadcast/latest {{ limits_3e }} {{ targets_3e }}

# Challenges 3d and 3e again, under partitions: nothing may be lost
test-broadcast-partitions: _build
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast {{ flags_3d }} --nemesis partition
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast {{ flags_3d }} --nemesis partition -- --round 1600ms

# Challenge 4, all of it: counters, under partitions
test-counter: test-counter-g test-counter-pn test-counter-kv

# Challenge 4: a counter that only grows, without any service
test-counter-g: _build
    {{ judge }} test -w g-counter --bin {{ binaries }}/counter {{ flags_4 }}
    {{ thresholds }} store/g-counter/latest {{ target_4 }}

# Challenge 4 again, with a counter that also shrinks
test-counter-pn: _build
    {{ judge }} test -w pn-counter --bin {{ binaries }}/counter {{ flags_4 }}
    {{ thresholds }} store/pn-counter/latest {{ target_4 }}

# Challenge 4 as it is set: the counter is kept in seq-kv
test-counter-kv: _build
    {{ judge }} test -w g-counter --bin {{ binaries }}/counter-kv {{ flags_4 }}
    {{ judge }} test -w pn-counter --bin {{ binaries }}/counter-kv {{ flags_4 }}

# Beside the challenges: sets that only grow, under partitions
test-g-set: _build
    {{ judge }} test -w g-set --bin {{ binaries }}/g-set {{ flags_4 }}
    {{ thresholds }} store/g-set/latest {{ target_4 }}

# Challenge 5, all of it: logs
test-log: test-log-5a test-log-5b test-log-5c test-log-far

# Challenge 5a: one node
test-log-5a: _build
    {{ judge }} test -w kafka --bin {{ binaries }}/log --node-count 1 --concurrency 2n --time-limit 20 --rate 1000
    {{ thresholds }} store/kafka/latest {{ target_alone }}

# Challenge 5b: two nodes
test-log-5b: _build
    {{ judge }} test -w kafka --bin {{ binaries }}/log {{ flags_5bc }}
    {{ thresholds }} store/kafka/latest {{ target_5bc }}

# Challenge 5c: the same, efficiently
test-log-5c: test-log-5b

# Challenge 5 beyond what is asked: five nodes, 100 ms apart, under partitions
test-log-far: _build
    {{ judge }} test -w kafka --bin {{ binaries }}/log --node-count 5 --concurrency 2n --time-limit 20 --rate 1000 \
        --latency 100 --nemesis partition
    {{ thresholds }} store/kafka/latest {{ target_5_far }}

# Challenge 6, all of it: transactions, totally available
test-txn: test-txn-6a test-txn-6b test-txn-6c test-txn-causal

# Challenge 6a: one node
test-txn-6a: _build
    {{ judge }} test -w txn-rw-register --bin {{ binaries }}/txn {{ flags_6a }} \
        --consistency-models read-uncommitted --availability total
    {{ thresholds }} store/txn-rw-register/latest {{ target_alone }}

# Challenge 6b: two nodes, read uncommitted, healthy and under partitions
test-txn-6b: _build
    {{ judge }} test -w txn-rw-register --bin {{ binaries }}/txn {{ flags_6bc }} \
        --consistency-models read-uncommitted
    {{ thresholds }} store/txn-rw-register/latest {{ target_6 }}
    {{ judge }} test -w txn-rw-register --bin {{ binaries }}/txn {{ flags_6bc }} {{ available }} \
        --consistency-models read-uncommitted
    {{ thresholds }} store/txn-rw-register/latest {{ target_6 }}

# Challenge 6c: two nodes, read committed, under partitions
test-txn-6c: _build
    {{ judge }} test -w txn-rw-register --bin {{ binaries }}/txn {{ flags_6bc }} {{ available }} \
        --consistency-models read-committed
    {{ thresholds }} store/txn-rw-register/latest {{ target_6 }}

# Challenge 6 beyond what is asked: no fractured reads, causal order
test-txn-causal: _build
    {{ judge }} test -w txn-rw-register --bin {{ binaries }}/txn {{ flags_6bc }} {{ available }} \
        --consistency-models "read-atomic , causal-cerone"
    {{ thresholds }} store/txn-rw-register/latest {{ target_6 }}

# Run each workload for a few seconds
smoke: _build
    {{ judge }} test -w echo --bin {{ binaries }}/echo --node-count 1 --time-limit 2 --rate 100
    {{ judge }} test -w unique-ids --bin {{ binaries }}/unique-ids --node-count 3 --time-limit 3 --rate 1000 \
        --availability total --nemesis partition --nemesis-interval 1
    {{ judge }} test -w broadcast --bin {{ binaries }}/broadcast --node-count 5 --time-limit 3 --rate 50 --latency 10 \
        --nemesis partition --nemesis-interval 1 -- --round 50ms
    {{ judge }} test -w g-counter --bin {{ binaries }}/counter --node-count 3 --time-limit 3 --rate 100 \
        --nemesis partition --nemesis-interval 1
    {{ judge }} test -w pn-counter --bin {{ binaries }}/counter-kv --node-count 3 --time-limit 3 --rate 100 \
        --nemesis partition --nemesis-interval 1
    {{ judge }} test -w kafka --bin {{ binaries }}/log --node-count 2 --concurrency 2n --time-limit 3 --rate 1000 \
        --nemesis partition --nemesis-interval 1
    {{ judge }} test -w txn-rw-register --bin {{ binaries }}/txn --node-count 2 --concurrency 2n --time-limit 3 \
        --rate 1000 --consistency-models "read-atomic , causal-cerone" --availability total \
        --nemesis partition --nemesis-interval 1

# Cost and latency of broadcast for many lengths of a round, beside an idealised model; in virtual time
frontier *arguments: _build
    {{ binaries }}/workbench frontier {{ arguments }}

# The same for clusters of 5 to 1000 nodes
scaling *arguments: _build
    {{ binaries }}/workbench scaling {{ arguments }}

# Write the golden traces and tables anew; what has changed is then for `git diff` to show
golden:
    UPDATE_EXPECT=1 cargo test --locked --package machines --test golden
    UPDATE_EXPECT=1 cargo test --locked --package workbench --test tables

# Measure: decoding, merging, steps
bench *arguments:
    cargo bench --locked --package benches {{ arguments }}

# Throw bytes at a node; needs nightly Rust and cargo-fuzz. Targets are in fuzz/fuzz_targets
fuzz target="decode" seconds="60":
    cd fuzz && cargo +nightly fuzz run {{ target }} -- -max_total_time={{ seconds }} -dict=dictionary

_build:
    cargo build --locked --release --package workbench --package driver

_format:
    cargo fmt --all --check
    cargo fmt --manifest-path fuzz/Cargo.toml --check

_lint:
    cargo clippy --locked --workspace --all-targets -- --deny warnings

_docs:
    RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps --document-private-items
