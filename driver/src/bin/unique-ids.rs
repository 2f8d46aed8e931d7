//! Challenge 2: hands out ids that nobody else hands out.

fn main() -> std::process::ExitCode {
    driver::run::<machines::UniqueIds>("unique-ids", "A node that hands out ids that nobody else hands out.")
}
