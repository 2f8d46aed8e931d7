//! What a client asks for, and whether it may.

use std::net::IpAddr;

/// Bytes of a request's first line and headers.
pub(super) const MAX_HEAD_BYTES: usize = 16 << 10;
/// Bytes of what comes behind them.
pub(super) const MAX_BODY_BYTES: usize = 256 << 10;
/// Headers of a request.
const MAX_HEADERS: usize = 64;

/// What a client wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// To see something. `HEAD` is this, too: the server leaves the body out.
    Get,
    /// To change something; it came from a page of ours, or from no page at all.
    Post,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// What it wants done.
    pub(crate) method: Method,
    /// As it was sent, with its first `/`, without the query.
    pub(crate) path: String,
    /// What stands behind the path's `?`, as it was sent.
    pub(crate) query: Option<String>,
    /// What came along, 256 KiB at most.
    pub(crate) body: Vec<u8>,
}

/// A request's head, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Its body is still to come.
    pub(super) request: Request,
    pub(super) body_bytes: usize,
    /// Whether only the answer's head is wanted.
    pub(super) is_head_only: bool,
    /// Whether the client wants to be told before it sends the body.
    pub(super) expects_word: bool,
}

/// Why a request is not answered: a status, and a sentence for people.
pub(super) type Refusal = (u16, &'static str);

/// By which names clients may know this server.
#[derive(Clone, Debug)]
pub(super) struct Names {
    host: String,
    address: IpAddr,
}

impl Names {
    /// Of a server that was told to listen at `host`, which came to this address.
    pub(super) fn new(host: &str, address: IpAddr) -> Names {
        Names { host: host.to_ascii_lowercase(), address }
    }

    /// Whether this `Host` is us. Ports are not looked at: tunnels change them, and no page can choose another's address.
    fn contain(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => host.split(':').next(),
        };
        let name = name.unwrap_or_default().to_ascii_lowercase();
        // Any address is ours where we listen at all of them. Names that others can point at us are never addresses.
        let is_ours = |address: IpAddr| self.address.is_unspecified() || address == self.address;
        name == "localhost" || name == self.host || name.parse().is_ok_and(is_ours)
    }
}

/// Where a request's head ends, if it does; the bytes before `seen` were looked at before.
pub(super) fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    let newlines = memchr::memchr_iter(b'\n', &bytes[seen.min(bytes.len())..]).map(|at| at + seen);
    newlines
        .filter(|at| bytes[..*at].ends_with(b"\n") || bytes[..*at].ends_with(b"\n\r"))
        .map(|at| at + 1)
        .next()
}

/// Reads a head that is all there.
pub(super) fn read_head(bytes: &[u8], names: &Names) -> Result<Head, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Err((431, "That is more than 64 headers.")),
        Ok(httparse::Status::Partial) | Err(_) => return Err((400, "That is not HTTP/1.1.")),
    }
    let header = |name| only(parsed.headers, name);
    let host = header("host")?.ok_or((400, "A request must say which host it is for."))?;
    if !names.contain(host) {
        return Err((
            421,
            "This server goes by its address, or by localhost. (-b NAME lets it go by a name.)",
        ));
    }
    let (method, is_head_only) = match parsed.method {
        Some("GET") => (Method::Get, false),
        Some("HEAD") => (Method::Get, true),
        Some("POST") => (Method::Post, false),
        _ => return Err((405, "Only GET, HEAD and POST are answered here.")),
    };
    let is_of_ours = |origin: &str| origin.strip_prefix("http://") == Some(host);
    if method == Method::Post && !header("origin")?.is_none_or(is_of_ours) {
        return Err((403, "Pages of others may not change anything here."));
    }
    if header("transfer-encoding")?.is_some() {
        return Err((411, "Say how long the body is (Content-Length)."));
    }
    let body_bytes = match header("content-length")? {
        None => 0,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().unwrap_or(usize::MAX)
        }
        Some(_) => return Err((400, "The body's length is no number.")),
    };
    if body_bytes > MAX_BODY_BYTES {
        return Err((413, "That body is longer than 256 KiB."));
    }
    let target = parsed.path.unwrap_or_default();
    if !target.starts_with('/') {
        return Err((400, "A request's target begins with a slash."));
    }
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let expects_word = header("expect")?.is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
    let request = Request { method, path: path.to_owned(), query, body: Vec::new() };
    Ok(Head { request, body_bytes, is_head_only, expects_word })
}

/// The header of this name; two of it are not let pass, since two readers might each believe another.
fn only<'a>(headers: &[httparse::Header<'a>], name: &str) -> Result<Option<&'a str>, Refusal> {
    let mut found = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(header), None) => std::str::from_utf8(header.value)
            .map(|text| Some(text.trim()))
            .map_err(|_| (400, "A header is not text.")),
        (Some(_), Some(_)) => Err((400, "A header is there twice.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Head, u16> {
        let names = Names::new("127.0.0.1", "127.0.0.1".parse().unwrap());
        read_head(text.as_bytes(), &names).map_err(|(status, _)| status)
    }

    #[test]
    fn a_head_is_taken_apart() {
        let text = "POST /a/b?c=d#e HTTP/1.1\r\nhost: LOCALHOST:1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
        let head = head(text).unwrap();
        let request = Request {
            method: Method::Post,
            path: "/a/b".into(),
            query: Some("c=d".into()),
            body: Vec::new(),
        };
        assert_eq!(head, Head { request, body_bytes: 3, is_head_only: false, expects_word: true });
    }

    #[test]
    fn the_end_of_a_head_is_found_however_it_comes() {
        for text in ["GET / HTTP/1.1\r\na: b\r\n\r\nrest", "GET / HTTP/1.1\na: b\n\nrest"] {
            let end = text.find("rest").unwrap();
            for seen in 0..end - 2 {
                assert_eq!(end_of_head(text.as_bytes(), seen), Some(end), "{text:?} from {seen}");
            }
            assert_eq!(end_of_head(&text.as_bytes()[..end - 1], 0), None);
        }
    }

    #[test]
    fn only_names_of_our_own_are_answered() {
        let answered = |names: &Names, host: &str| {
            read_head(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes(), names).is_ok()
        };
        let local = Names::new("127.0.0.1", "127.0.0.1".parse().unwrap());
        for host in ["127.0.0.1", "127.0.0.1:8080", "localhost", "localhost:9000", "LocalHost"] {
            assert!(answered(&local, host), "{host}");
        }
        let others = [
            "evil.example",
            "127.0.0.1.evil.example:8080",
            "127.0.0.2",
            "localhost.evil",
            "[::1]",
            "",
            "2130706433",
        ];
        for host in others {
            assert!(!answered(&local, host), "{host}");
        }
        let everyone = Names::new("0.0.0.0", "0.0.0.0".parse().unwrap());
        assert!(answered(&everyone, "192.168.1.5:8080") && answered(&everyone, "[::1]:8080"));
        assert!(!answered(&everyone, "evil.example"));
        let named = Names::new("Box.local", "192.168.1.5".parse().unwrap());
        assert!(answered(&named, "box.local:80") && answered(&named, "192.168.1.5"));
    }

    #[test]
    fn what_is_no_request_for_us_is_refused() {
        let host = "Host: localhost\r\n";
        for (text, status) in [
            ("nonsense\r\n\r\n".to_owned(), 400),
            ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
            (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 400),
            (format!("GET http://localhost/ HTTP/1.1\r\n{host}\r\n"), 400),
            (format!("DELETE / HTTP/1.1\r\n{host}\r\n"), 405),
            (format!("POST / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n"), 411),
            (format!("POST / HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n"), 400),
            (format!("POST / HTTP/1.1\r\n{host}Content-Length: 99999999999999999999\r\n\r\n"), 413),
            (format!("POST / HTTP/1.1\r\n{host}Origin: http://evil.example\r\n\r\n"), 403),
            (format!("POST / HTTP/1.1\r\n{host}Origin: null\r\n\r\n"), 403),
            (format!("GET / HTTP/1.1\r\n{host}{}\r\n", "a: b\r\n".repeat(64)), 431),
        ] {
            assert_eq!(head(&text), Err(status), "{text}");
        }
        assert!(head(&format!("POST / HTTP/1.1\r\n{host}Origin: http://localhost\r\n\r\n")).is_ok());
    }
}
