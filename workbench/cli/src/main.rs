//! `workbench`: judges programs that speak Maelstrom's protocol.

use std::process::ExitCode;

fn main() -> ExitCode {
    workbench::main(std::env::args_os().skip(1)).into()
}
