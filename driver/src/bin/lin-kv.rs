//! Beyond the challenges: linearizable registers.

fn main() -> std::process::ExitCode {
    driver::run::<machines::LinKv>("lin-kv", "A node that keeps linearizable registers, by consensus.")
}
