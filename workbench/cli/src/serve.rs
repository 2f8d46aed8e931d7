//! `workbench serve`: shows the store in a browser.
//!
//! It listens on this computer only, unless told otherwise (Maelstrom listens to everyone), and reads but never writes.

use super::arguments;
use super::verdict::Exit;
use super::{STORE, refuse, say};
use crate::shelf::{Answer, Shelf};
use clap::Parser;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use tiny_http::{Header, Method, Request, Response, Server};

/// Requests that are answered at a time: a reader that is slow must not keep others waiting.
const WORKERS: usize = 4;

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
    match listen(&host, port) {
        Ok((server, address)) => {
            say(&format!("The runs in {STORE}/ are at http://{address}/ until you press Ctrl-C"));
            answer_all(&Arc::new(server));
            Exit::Valid
        }
        Err(error) => {
            say(&format!(
                "Cannot listen on {host}:{port}: {error}. Choose another port with -p, or an address with -b"
            ));
            Exit::Crashed
        }
    }
}

fn listen(host: &str, port: u16) -> io::Result<(Server, String)> {
    let listener = TcpListener::bind((host, port))?;
    let address = listener.local_addr()?.to_string();
    Ok((Server::from_listener(listener, None).map_err(io::Error::other)?, address))
}

fn answer_all(server: &Arc<Server>) {
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let shelf = Shelf::new(STORE);
                for request in server.incoming_requests() {
                    // Whoever asked may be gone.
                    let _ = answer(&shelf, request);
                }
            });
        }
    });
}

fn answer(shelf: &Shelf, request: Request) -> io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::from_string("Only GET is answered here.\n").with_status_code(405));
    }
    match shelf.answer(request.url()) {
        Answer::Page(page) => {
            let response =
                Response::from_string(page).with_header(header("Content-Type", "text/html; charset=utf-8"));
            request.respond(response)
        }
        Answer::File(file, kind) => {
            let response = Response::from_file(file).with_header(header("Content-Type", kind));
            request.respond(response.with_header(header("X-Content-Type-Options", "nosniff")))
        }
        Answer::Redirect(to) => {
            let location = Header::from_bytes("Location", to).map_err(|()| io::ErrorKind::InvalidInput)?;
            request.respond(Response::from_string("").with_status_code(301).with_header(location))
        }
        Answer::NotFound => request.respond(
            Response::from_string("There is nothing here. All runs are at /.\n").with_status_code(404),
        ),
    }
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("the headers of this module are plain text")
}
