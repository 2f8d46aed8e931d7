//! `workbench serve`: shows the store in a browser.
//!
//! It listens on this computer only, unless told otherwise (Maelstrom listens to everyone), and reads but never writes.

use super::arguments;
use super::verdict::Exit;
use super::{STORE, refuse, say};
use crate::server::{Method, Request, Response, Server};
use crate::shelf::Shelf;
use clap::Parser;
use std::ffi::OsString;

/// `workbench serve`: shows the runs in store/ in a browser.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = EXAMPLES)]
pub(super) struct ServeArguments {
    /// Address to listen on; 0.0.0.0 lets everyone on the network read the store
    #[arg(short = 'b', long, value_name = "HOST", default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on; 0 for any that is free
    #[arg(short, long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
}

const EXAMPLES: &str = "\
Examples:
  workbench serve                     at http://127.0.0.1:8080
  workbench serve -b 0.0.0.0 -p 9000  to everyone on the network, at port 9000";

/// Carries out the command. It ends when it is interrupted.
pub(super) fn command(words: &[OsString]) -> Exit {
    let arguments: ServeArguments = match arguments::parse("serve", words) {
        Ok(arguments) => arguments,
        Err(reason) => return refuse(reason),
    };
    let ServeArguments { host, port } = arguments;
    let server = match Server::bind(&host, port) {
        Ok(server) => server,
        Err(error) => {
            say(&format!(
                "Cannot listen on {host}:{port}: {error}. Choose another port with -p, or an address with -b"
            ));
            return Exit::Crashed;
        }
    };
    say(&format!("The runs in {STORE}/ are at http://{}/ until you press Ctrl-C", server.address()));
    let shelf = Shelf::new(STORE);
    let routes = |request: &Request| match request.method {
        Method::Get => shelf.answer(&request.path),
        Method::Post => Response::words(405, "Only GET and HEAD are answered here."),
    };
    let Err(error) = server.serve(&routes);
    say(&format!("The server cannot go on: {error}"));
    Exit::Crashed
}
