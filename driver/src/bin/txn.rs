//! Challenge 6: transactions over registers.

fn main() -> std::process::ExitCode {
    driver::run::<machines::Txn>(
        "txn",
        "A node that runs transactions over registers, available under any partition.",
    )
}
