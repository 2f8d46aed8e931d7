//! What a client gets.

use std::fs::File;
use std::io;

/// For pages of ours: styles and scripts of their own, pictures from here, nothing from or to anybody else.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// For whatever else a browser might take for a page.
const FILE_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

/// What a client gets.
#[derive(Debug)]
pub(crate) struct Response {
    pub(super) status: u16,
    kind: &'static str,
    location: Option<String>,
    pub(super) body: Body,
}

/// The bytes of an answer.
#[derive(Debug)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    /// So many bytes of a file.
    File(File, u64),
}

impl Response {
    /// A page of our own.
    pub(crate) fn page(html: String) -> Response {
        Response::bytes("text/html; charset=utf-8", html.into_bytes())
    }

    /// Anything else that is in memory.
    pub(crate) fn bytes(kind: &'static str, bytes: Vec<u8>) -> Response {
        Response { status: 200, kind, location: None, body: Body::Bytes(bytes) }
    }

    /// A file, as long as it is now.
    pub(crate) fn file(file: File, kind: &'static str) -> io::Result<Response> {
        let length = file.metadata()?.len();
        Ok(Response { status: 200, kind, location: None, body: Body::File(file, length) })
    }

    /// A sentence, with a status of HTTP.
    pub(crate) fn words(status: u16, text: &str) -> Response {
        let body = Body::Bytes(format!("{text}\n").into_bytes());
        Response { status, kind: "text/plain; charset=utf-8", location: None, body }
    }

    /// Sends the client to another path of this server, encoded and beginning with one slash.
    pub(crate) fn redirect(path: String) -> Response {
        debug_assert!(
            path.starts_with('/')
                && !path.starts_with("//")
                && path.bytes().all(|byte| byte.is_ascii_graphic())
        );
        Response { location: Some(path), ..Response::words(301, "It is there.") }
    }

    /// What it says, if that is text.
    #[cfg(test)]
    pub(crate) fn into_text(self) -> String {
        match self.body {
            Body::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
            Body::File(file, _) => io::read_to_string(file).unwrap(),
        }
    }

    /// The status line and headers.
    pub(crate) fn head(&self) -> String {
        let Response { status, kind, location, body } = self;
        let length = match body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(_, length) => *length,
        };
        let policy = if kind.starts_with("text/html") { PAGE_POLICY } else { FILE_POLICY };
        let location = location.as_ref().map(|path| format!("Location: {path}\r\n")).unwrap_or_default();
        format!(
            "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{location}\
             Content-Security-Policy: {policy}\r\nX-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\n\
             Cross-Origin-Resource-Policy: same-origin\r\nCross-Origin-Opener-Policy: same-origin\r\n\
             Referrer-Policy: same-origin\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
            reason(*status)
        )
    }
}

/// HTTP's own words.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        411 => "Length Required",
        413 => "Content Too Large",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        _ => "Other",
    }
}
