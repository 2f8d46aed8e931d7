# Fly.io's distributed systems challenges, solved and judged. `just` alone lists what there is.

# The challenges' flags and limits are in workbench/cli/src/challenges.rs. The judge is this repository's workbench;
# `MAELSTROM=/path/to/maelstrom just test-…` lets Maelstrom itself judge the same binaries with the same flags.

target := env("CARGO_TARGET_DIR", "target")
binaries := target / "release"
maelstrom := env("MAELSTROM", "")
judge := if maelstrom == "" { binaries / "workbench" } else { quote(maelstrom) }
demo := binaries / "workbench demo" + if maelstrom == "" { "" } else { " --judge " + quote(maelstrom) }
sweep := binaries / "workbench sim --swarm --seeds"
flags_3d := "--node-count 25 --time-limit 20 --rate 100 --latency 100"
flags_two := "--node-count 2 --concurrency 2n --time-limit 20 --rate 1000"

@_list:
    {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} --list --unsorted

# Check everything: format, lints, docs, tests, and each fuzzer briefly where there are nightly Rust and cargo-fuzz
test: _format _lint _docs && _fuzz-briefly
    cargo test --locked --workspace

# All challenges, one after another, with one table at the end; `--virtual` does it in seconds of virtual time
test-all *arguments: _build
    {{ demo }} {{ arguments }}

# Challenge 1: echo
test-echo: (_build "--bin echo")
    {{ demo }} 1

# Challenge 2: unique ids, under partitions
test-unique-ids: (_build "--bin unique-ids")
    {{ demo }} 2

# Challenge 3, all of it: broadcast
test-broadcast: (_build "--bin broadcast")
    {{ demo }} 3a 3b 3c 3d 3e

# Challenge 3a: one node
test-broadcast-3a: (_build "--bin broadcast")
    {{ demo }} 3a

# Challenge 3b: five nodes
test-broadcast-3b: (_build "--bin broadcast")
    {{ demo }} 3b

# Challenge 3c: five nodes, under partitions
test-broadcast-3c: (_build "--bin broadcast")
    {{ demo }} 3c

# Challenge 3d: 25 nodes, 100 ms apart, quick and cheap
test-broadcast-3d: (_build "--bin broadcast")
    {{ demo }} 3d

# Challenge 3e: the same, cheaper still, in rounds of 1.6 s
test-broadcast-3e: (_build "--bin broadcast")
    {{ demo }} 3e

# Challenges 3d and 3e again, under partitions: nothing may be lost
test-broadcast-partitions: (_build "--bin broadcast")
    {{ demo }} 3d-partitions 3e-partitions

# Challenge 4, all of it: counters, under partitions
test-counter: (_build "--bin counter --bin counter-kv")
    {{ demo }} 4 4-pn 4-kv

# Challenge 4: a counter that only grows, without any service
test-counter-g: (_build "--bin counter")
    {{ demo }} 4

# Challenge 4 again, with a counter that also shrinks
test-counter-pn: (_build "--bin counter")
    {{ demo }} 4-pn

# Challenge 4 as it is set: the counter is kept in seq-kv
test-counter-kv: (_build "--bin counter-kv")
    {{ demo }} 4-kv

# Beside the challenges: sets that only grow, under partitions
test-g-set: (_build "--bin g-set")
    {{ demo }} g-set

# Challenge 5, all of it: logs
test-log: (_build "--bin log")
    {{ demo }} 5a 5b 5c 5-far

# Challenge 5a: one node
test-log-5a: (_build "--bin log")
    {{ demo }} 5a

# Challenge 5b: two nodes
test-log-5b: (_build "--bin log")
    {{ demo }} 5b

# Challenge 5c: the same, efficiently
test-log-5c: (_build "--bin log")
    {{ demo }} 5c

# Challenge 5 beyond what is asked: five nodes, 100 ms apart, under partitions
test-log-far: (_build "--bin log")
    {{ demo }} 5-far

# Challenge 6, all of it: transactions, totally available
test-txn: (_build "--bin txn")
    {{ demo }} 6a 6b 6c 6-causal

# Challenge 6a: one node
test-txn-6a: (_build "--bin txn")
    {{ demo }} 6a

# Challenge 6b: two nodes, read uncommitted, healthy and under partitions
test-txn-6b: (_build "--bin txn")
    {{ demo }} 6b

# Challenge 6c: two nodes, read committed, under partitions
test-txn-6c: (_build "--bin txn")
    {{ demo }} 6c

# Challenge 6 beyond what is asked: no fractured reads, causal order
test-txn-causal: (_build "--bin txn")
    {{ demo }} 6-causal

# Beyond the challenges: linearizable registers, by consensus; healthy and under partitions
test-lin-kv: (_build "--bin lin-kv")
    {{ demo }} lin-kv

# Beyond the challenges: strictly serializable transactions, by consensus; healthy and under partitions
test-txn-strict: (_build "--bin txn-strict")
    {{ demo }} txn-strict

# Challenges 3 to 6 beyond what is asked: nodes are killed, paused and cut off, all of them at once included
test-kill: _build
    {{ demo }} 3-kill 4-kill 5-kill 6-kill

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
frontier *arguments: _workbench
    {{ binaries }}/workbench frontier {{ arguments }}

# The same for clusters of 5 to 1000 nodes
scaling *arguments: _workbench
    {{ binaries }}/workbench scaling {{ arguments }}

# Draw the pictures of the README anew, from runs in virtual time; those of pages only where node and Chromium are
pictures: _workbench
    #!/usr/bin/env bash
    set -euo pipefail
    cargo run --locked --profile quick --package workbench --example pictures -- workbench/pictures
    browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    if [ -z "$browser" ] || ! command -v npm >/dev/null; then
        echo "report.png and lab.png are as they were: they need node, npm and Chromium"
        exit
    fi
    workbench=$(realpath {{ binaries }}/workbench)
    pictures=$(realpath workbench/pictures)
    script=$(realpath workbench/cli/tests/browser)
    npm install --prefix "$script" --no-audit --no-fund --silent
    cd "$(mktemp -d)"
    # All nodes die at once, and with them what they knew.
    "$workbench" sim -w broadcast --node-count 5 --time-limit 20 --rate 50 --latency 20 --nemesis kill \
        --nemesis-interval 2 --seed 1 >run.log || test $? = 1
    node "$script/picture.mjs" "$browser" "file://$(realpath store/latest/report.html)" "$pictures/report.png" 1760
    "$workbench" lab -p 0 >lab.log &
    trap 'kill $!' EXIT
    until grep -q http lab.log; do sleep 0.1; done
    node "$script/picture.mjs" "$browser" "$(grep -o 'http://[^ ]*' lab.log)" "$pictures/lab.png" 1640

# Open reports in headless Chromium and use them; says so and does nothing where node or Chromium is missing
test-browser: _workbench
    cargo build --locked --profile quick --package workbench --example zoo
    workbench/cli/tests/browser/run {{ binaries }}/workbench {{ target }}/quick/examples/zoo

# Write the golden traces and tables anew; what has changed is then for `git diff` to show
golden:
    UPDATE_EXPECT=1 cargo test --locked --package machines --test golden
    UPDATE_EXPECT=1 cargo test --locked --package worlds --test machines tables
    UPDATE_EXPECT=1 cargo test --locked --package workbench --test workbench determinism

# Search all orders of messages of small clusters, and for bugs put into machines; try more seeds; takes half an hour
exhaust:
    SEED_FACTOR=4 cargo test --locked --profile quick --package worlds --test machines
    HISTORIES=30000 cargo test --locked --profile quick --package judge brute_force
    SEED_FACTOR=4 cargo test --locked --profile quick --package workbench --test workbench -- zoo swarm --skip shell
    cargo test --locked --release --package machines --test exhaustive --test consensus -- --ignored --nocapture
    cargo test --locked --release --package mutants --test exhaustive -- --ignored --nocapture

# Run each challenge from so many seeds in virtual time, with faults as each seed says
sweep seeds="1000": _workbench
    # Machines that are killed have a minute: in less, all three nodes may be dead whenever a client asks one of them.
    {{ sweep }} {{ seeds }} -w echo --node-count 3 --rate 100 --time-limit 60
    {{ sweep }} {{ seeds }} -w unique-ids --node-count 3 --rate 500 --time-limit 60
    # With disks: whatever dies, nothing is lost.
    {{ sweep }} {{ seeds }} --data -w broadcast --node-count 5 --rate 50 --time-limit 60
    {{ sweep }} {{ seeds }} --data -w g-set --node-count 5 --rate 50 --time-limit 60
    {{ sweep }} {{ seeds }} --data -w g-counter --node-count 3 --rate 50 --time-limit 60
    {{ sweep }} {{ seeds }} --data -w pn-counter --node-count 3 --rate 50 --time-limit 60
    {{ sweep }} {{ seeds }} --data -w kafka --node-count 3 --concurrency 2n --rate 100 --time-limit 60
    {{ sweep }} {{ seeds }} --data -w txn-rw-register --node-count 3 --concurrency 2n --rate 100 --time-limit 60 \
        --consistency-models read-atomic,causal-cerone
    {{ sweep }} {{ seeds }} --data -w lin-kv --machine lin-kv --node-count 5 --concurrency 4n --rate 100 --latency 10 \
        --time-limit 60
    {{ sweep }} {{ seeds }} --data -w txn-list-append --machine txn-strict --node-count 5 --concurrency 4n --rate 100 \
        --latency 10 --time-limit 60 --consistency-models strict-serializable
    # Without.
    {{ sweep }} {{ seeds }} -w broadcast --node-count 5 --rate 10 --time-limit 20
    {{ sweep }} {{ seeds }} -w broadcast {{ flags_3d }}
    {{ sweep }} {{ seeds }} -w broadcast {{ flags_3d }} --round 1600ms
    {{ sweep }} {{ seeds }} -w g-set --node-count 5 --rate 100 --time-limit 20
    {{ sweep }} {{ seeds }} -w g-counter --node-count 3 --rate 100 --time-limit 20
    {{ sweep }} {{ seeds }} -w pn-counter --node-count 3 --rate 100 --time-limit 20
    {{ sweep }} {{ seeds }} -w pn-counter --machine counter-kv --node-count 3 --rate 100 --time-limit 60
    {{ sweep }} {{ seeds }} -w kafka {{ flags_two }}
    {{ sweep }} {{ seeds }} -w txn-rw-register {{ flags_two }} \
        --consistency-models read-uncommitted,read-committed,read-atomic,causal-cerone
    {{ sweep }} {{ seeds }} -w lin-kv --machine lin-kv --node-count 5 --concurrency 4n --rate 100 --latency 10 --time-limit 20
    {{ sweep }} {{ seeds }} -w txn-list-append --machine txn-strict --node-count 5 --concurrency 4n --rate 100 --latency 10 \
        --time-limit 20 --consistency-models strict-serializable
    {{ sweep }} {{ seeds }} -w txn-rw-register --machine txn-strict --node-count 5 --concurrency 4n --rate 100 --latency 10 \
        --time-limit 20 --consistency-models strict-serializable

# Count the seeds that it takes to find each of the bugs in a copy of the machines
hunt:
    cargo test --locked --release --package mutants --test sweep -- --ignored --nocapture

# Measure: decoding, encoding, steps, merging, gossip; then whole nodes on pipes beside a plain serde_json loop
bench *arguments: _build
    cargo bench --locked --package benches {{ arguments }}
    cargo run --locked --release --package benches --bin summary

# Count instructions with valgrind, and compare with what is recorded; `--record` records
bench-instructions *arguments:
    cargo run --locked --release --package benches --bin instructions -- {{ arguments }}

# Look for input that breaks something, with one target or each in turn; needs nightly Rust and cargo-fuzz
fuzz target="" seconds="60": (_fuzz target "target/found" "-max_total_time=" + seconds)

# The same inputs each time: whether a change is good must not depend on what a fuzzer happens to find on that day.
_fuzz-briefly:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
        echo "not fuzzed: that needs nightly Rust and cargo-fuzz"
        exit
    fi
    found=$(mktemp -d)
    trap 'rm -r "$found"' EXIT
    {{ quote(just_executable()) }} --justfile {{ quote(justfile()) }} _fuzz "" "$found" "-seed=1 -runs=2000"

_fuzz target found limit:
    #!/usr/bin/env bash
    set -euo pipefail
    cd fuzz
    # None of this code is unsafe: what is looked for are panics, hangs and wrong answers. Without the address sanitizer
    # the programs are a fraction of the size.
    cargo +nightly fuzz build --sanitizer none {{ target }}
    for target in {{ if target == "" { "$(cargo +nightly fuzz list)" } else { target } }}; do
        # What is new goes to a folder of its own: the corpus is what the tests replay.
        mkdir -p "{{ found }}/$target"
        cargo +nightly fuzz run --sanitizer none "$target" "{{ found }}/$target" "corpus/$target" -- {{ limit }} \
            -dict=dictionary -max_len=4096 -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 -print_funcs=0 -verbosity=0
    done

# Each program under twenty times its challenge's load, with partitions, and what memory its largest node takes meanwhile
soak seconds="300": _build
    #!/usr/bin/env bash
    set -euo pipefail
    soak() { # PROGRAM SECONDS FLAGS…
        program=$1 seconds=$2 log=$(mktemp)
        {{ binaries }}/workbench test --bin {{ binaries }}/"$program" --time-limit "$seconds" --nemesis partition \
            "${@:3}" > "$log" &
        bench=$!
        printf '%s for %s s, MiB: ' "$program" "$seconds"
        while sleep "$((seconds / 10 + 1))" && kill -0 $bench 2>/dev/null; do
            nodes=$(pgrep -P $bench || true)
            for node in $nodes; do grep VmRSS "/proc/$node/status" 2>/dev/null || true; done |
                sort -nk 2 | tail -n 1 | awk '{ printf "%.1f ", $2 / 1024 }'
        done
        echo
        wait $bench || { tail -n 40 "$log"; exit 1; }
        grep -E '^  (verdict|operations|messages|partitions|lateness)' "$log"
    }
    soak echo {{ seconds }} -w echo --node-count 1 --rate 100
    soak unique-ids {{ seconds }} -w unique-ids --node-count 3 --rate 20000 --availability total
    soak counter {{ seconds }} -w g-counter --node-count 3 --rate 2000
    soak counter-kv {{ seconds }} -w pn-counter --node-count 3 --rate 2000
    soak log {{ seconds }} -w kafka --node-count 2 --concurrency 2n --rate 20000
    soak txn {{ seconds }} -w txn-rw-register --node-count 2 --concurrency 2n --rate 20000 --availability total \
        --consistency-models read-committed,read-atomic,causal-cerone
    # The judge remembers every value of every read, but once what many have in common; the files have them all, gigabytes.
    soak broadcast {{ seconds }} -w broadcast --node-count 5 --rate 200

# Show which lines of protocol and machines no test reaches; needs cargo-tarpaulin
coverage:
    # Optimised code has lost the lines that were merged into others.
    CARGO_PROFILE_DEV_OPT_LEVEL=0 cargo tarpaulin --locked --engine ptrace --packages protocol --packages machines \
        --include-files 'protocol/src/*' --include-files 'machines/src/*' --out Stdout

# Check what comes in from outside: licences, versions, sources, known flaws; needs cargo-deny
supply-chain *checks="licenses bans sources advisories":
    cargo deny --locked check {{ checks }}
    cargo deny --locked --manifest-path fuzz/Cargo.toml --config .deny.toml check {{ checks }}
    cargo tree --locked --package driver --edges normal,build

# Build the nodes and the workbench into target/release
build: _build

# The nodes' speed is measured, so they are linked with care, each for itself.
_build *programs: _workbench
    cargo build --locked --release --package driver {{ programs }}

# The workbench is only built, again and again.
_workbench:
    cargo build --locked --profile quick --package workbench
    mkdir -p {{ binaries }}
    ln -f {{ target / "quick/workbench" }} {{ binaries / "workbench" }}

_format:
    cargo fmt --all --check
    cargo fmt --manifest-path fuzz/Cargo.toml --check

_lint:
    cargo clippy --locked --workspace --all-targets -- --deny warnings

_docs:
    RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps --document-private-items
