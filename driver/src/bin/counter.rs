//! Challenge 4: counts, without a word to any service.

fn main() -> std::process::ExitCode {
    driver::run::<machines::Counter>("counter", "A node that counts, whatever the network does.")
}
