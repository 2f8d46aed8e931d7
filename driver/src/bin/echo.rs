//! Challenge 1: says back what it is told.

fn main() -> std::process::ExitCode {
    driver::run::<machines::Echo>("echo", "A node that says back what it is told.")
}
