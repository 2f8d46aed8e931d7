//! Challenge 3: brings every value to every node.

fn main() -> std::process::ExitCode {
    driver::run::<machines::Broadcast>("broadcast", "A node that brings every value to every node.")
}
