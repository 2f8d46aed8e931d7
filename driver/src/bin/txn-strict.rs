//! Beyond the challenges: strictly serializable transactions over lists and registers.

fn main() -> std::process::ExitCode {
    driver::run::<machines::TxnStrict>(
        "txn-strict",
        "A node that runs transactions over lists and registers one after another, by consensus.",
    )
}
