//! Challenge 4: counts in the service `seq-kv`.

fn main() -> std::process::ExitCode {
    driver::run::<machines::CounterKv>("counter-kv", "A node that counts in the service seq-kv.")
}
