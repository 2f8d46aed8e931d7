# Fly.io's distributed systems challenges, solved and judged. `just` alone lists what there is.

# The challenges' flags and limits are in workbench/src/challenges.rs. The judge is this repository's workbench;
# `MAELSTROM=/path/to/maelstrom just test-…` lets Maelstrom itself judge the same binaries with the same flags.

binaries := env("CARGO_TARGET_DIR", "target") / "release"
maelstrom := env("MAELSTROM", "")
judge := if maelstrom == "" { binaries / "workbench" } else { quote(maelstrom) }
demo := binaries / "workbench demo" + if maelstrom == "" { "" } else { " --judge " + quote(maelstrom) }

@_list:
    {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# Check everything: format, lints, docs, tests
test: _format _lint _docs
    cargo test --locked --workspace

# All challenges, one after another, with one table at the end; `--virtual` does it in seconds of virtual time
test-all *arguments: _build
    {{ demo }} {{ arguments }}

# Challenge 1: echo
test-echo: _build
    {{ demo }} 1

# Challenge 2: unique ids, under partitions
test-unique-ids: _build
    {{ demo }} 2

# Challenge 3, all of it: broadcast
test-broadcast: _build
    {{ demo }} 3a 3b 3c 3d 3e

# Challenge 3a: one node
test-broadcast-3a: _build
    {{ demo }} 3a

# Challenge 3b: five nodes
test-broadcast-3b: _build
    {{ demo }} 3b

# Challenge 3c: five nodes, under partitions
test-broadcast-3c: _build
    {{ demo }} 3c

# Challenge 3d: 25 nodes, 100 ms apart, quick and cheap
test-broadcast-3d: _build
    {{ demo }} 3d

# Challenge 3e: the same, cheaper still, in rounds of 1.6 s
test-broadcast-3e: _build
    {{ demo }} 3e

# Challenges 3d and 3e again, under partitions: nothing may be lost
test-broadcast-partitions: _build
    {{ demo }} 3d-partitions 3e-partitions

# Challenge 4, all of it: counters, under partitions
test-counter: _build
    {{ demo }} 4 4-pn 4-kv

# Challenge 4: a counter that only grows, without any service
test-counter-g: _build
    {{ demo }} 4

# Challenge 4 again, with a counter that also shrinks
test-counter-pn: _build
    {{ demo }} 4-pn

# Challenge 4 as it is set: the counter is kept in seq-kv
test-counter-kv: _build
    {{ demo }} 4-kv

# Beside the challenges: sets that only grow, under partitions
test-g-set: _build
    {{ demo }} g-set

# Challenge 5, all of it: logs
test-log: _build
    {{ demo }} 5a 5b 5c 5-far

# Challenge 5a: one node
test-log-5a: _build
    {{ demo }} 5a

# Challenge 5b: two nodes
test-log-5b: _build
    {{ demo }} 5b

# Challenge 5c: the same, efficiently
test-log-5c: _build
    {{ demo }} 5c

# Challenge 5 beyond what is asked: five nodes, 100 ms apart, under partitions
test-log-far: _build
    {{ demo }} 5-far

# Challenge 6, all of it: transactions, totally available
test-txn: _build
    {{ demo }} 6a 6b 6c 6-causal

# Challenge 6a: one node
test-txn-6a: _build
    {{ demo }} 6a

# Challenge 6b: two nodes, read uncommitted, healthy and under partitions
test-txn-6b: _build
    {{ demo }} 6b

# Challenge 6c: two nodes, read committed, under partitions
test-txn-6c: _build
    {{ demo }} 6c

# Challenge 6 beyond what is asked: no fractured reads, causal order
test-txn-causal: _build
    {{ demo }} 6-causal

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

# Search all orders of all messages of small clusters, and for bugs in machines that have some; takes a quarter of an hour
exhaust:
    cargo test --locked --release --package machines --test exhaustive -- --ignored --nocapture
    cargo test --locked --release --package mutants --test exhaustive -- --ignored --nocapture

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
