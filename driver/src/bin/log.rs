//! Challenge 5: append-only logs by key.

fn main() -> std::process::ExitCode {
    driver::run::<machines::Log>("log", "A node that keeps logs by key, without a leader.")
}
