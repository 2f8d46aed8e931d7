//! Beside the challenges: gathers a set, as `broadcast` does in other words.

fn main() -> std::process::ExitCode {
    driver::run::<machines::GSet>("g-set", "A node that gathers a set and brings it to every node.")
}
