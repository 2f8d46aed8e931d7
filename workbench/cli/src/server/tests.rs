use super::*;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

/// Bad clients of each kind: far more than are served at once, as few as show it.
const BAD_CLIENTS: usize = 4 * MAX_CONNECTIONS;
/// A good client has its answer at once, which is to say before any time limit of the server's has helped it.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that repeats what it is asked; whoever asks for much gets 1 MB.
fn server() -> SocketAddr {
    let server = Server::bind("127.0.0.1", 0).unwrap();
    let address = server.address();
    let routes = |request: &Request| match request.path.as_str() {
        "/much" => Response::bytes("text/plain", vec![b'x'; 1 << 20]),
        path => Response::page(format!(
            "{:?} {path} {:?} {}",
            request.method,
            request.query,
            String::from_utf8_lossy(&request.body)
        )),
    };
    thread::spawn(move || server.serve(&routes));
    address
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// What comes back for this, until the server hangs up.
fn exchange(address: SocketAddr, request: &str) -> String {
    let mut socket = connect(address);
    socket.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn get(address: SocketAddr, path: &str) -> String {
    exchange(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n"))
}

#[test]
fn requests_are_answered_whole_or_in_pieces() {
    let address = server();
    assert!(get(address, "/a?b").ends_with("\r\n\r\nGet /a Some(\"b\") "));
    let post = format!("POST /p HTTP/1.1\r\nHost: {address}\r\nContent-Length: 5\r\n\r\nhello");
    assert!(exchange(address, &post).ends_with("Post /p None hello"));
    let mut socket = connect(address);
    for byte in post.as_bytes() {
        socket.write_all(&[*byte]).unwrap();
    }
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("Post /p None hello"), "{answer}");
    let head = exchange(address, &format!("HEAD /a HTTP/1.1\r\nHost: {address}\r\n\r\n"));
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    assert_eq!(get(address, "/much").len() - get(address, "/much").find("\r\n\r\n").unwrap(), (1 << 20) + 4);
}

#[test]
fn a_client_that_will_say_no_more_and_one_that_says_too_much_get_their_answers() {
    let address = server();
    let mut socket = connect(address);
    write!(socket, "GET /half HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("Get /half"), "{answer}");
    let long = "x".repeat(100_000);
    assert!(get(address, &format!("/{long}")).starts_with("HTTP/1.1 431 "));
    let body =
        format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 300000\r\n\r\n{long}{long}{long}");
    assert!(exchange(address, &body).starts_with("HTTP/1.1 413 "));
}

#[test]
fn every_answer_forbids_what_pages_of_others_could_do_with_it() {
    let address = server();
    let rebound = exchange(address, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert!(rebound.starts_with("HTTP/1.1 421 "), "{rebound}");
    let forged = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nOrigin: http://evil.example\r\nContent-Length: 0\r\n\r\n"
    );
    let forged = exchange(address, &forged);
    assert!(forged.starts_with("HTTP/1.1 403 "), "{forged}");
    for answer in [get(address, "/"), rebound, forged, exchange(address, "nonsense\r\n\r\n")] {
        for header in [
            "\r\nContent-Security-Policy: default-src 'none';",
            "\r\nX-Frame-Options: DENY\r\n",
            "\r\nX-Content-Type-Options: nosniff\r\n",
            "\r\nCross-Origin-Resource-Policy: same-origin\r\n",
            // With `no-referrer`, browsers say of our own forms, too, that their origin is `null`, and they are refused.
            "\r\nReferrer-Policy: same-origin\r\n",
        ] {
            assert!(answer.contains(header), "{header:?} in {answer}");
        }
    }
}

/// How a bad client behaves, and whether it stays.
type Misbehaviour = fn(&mut TcpStream, SocketAddr) -> bool;

const MISBEHAVIOURS: [(&str, Misbehaviour); 6] = [
    ("say nothing", |_, _| true),
    ("say half of a request", |socket, address| {
        let _ = write!(socket, "GET / HTTP/1.1\r\nHost: {address}\r\n");
        true
    }),
    ("say a header without end", |socket, _| {
        let _ = write!(socket, "GET / HTTP/1.1\r\nA: {}", "x".repeat(10_000));
        true
    }),
    ("announce a body and send none", |socket, address| {
        let _ = write!(socket, "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000\r\n\r\n");
        true
    }),
    ("do not read", |socket, address| {
        let _ = write!(socket, "GET /much HTTP/1.1\r\nHost: {address}\r\n\r\n");
        true
    }),
    ("ask and reset", |socket, address| {
        let _ = write!(socket, "GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
        // What is closed with an answer unread is reset.
        false
    }),
];

#[test]
fn a_good_client_is_answered_at_once_however_many_bad_ones_there_are() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
    for (what, misbehave) in MISBEHAVIOURS {
        let address = server();
        let mut bad = Vec::new();
        for _ in 0..BAD_CLIENTS {
            let mut socket = connect(address);
            if misbehave(&mut socket, address) {
                bad.push(socket);
            }
        }
        assert!(get(address, "/good").contains("Get /good"), "{BAD_CLIENTS} clients {what}");
    }
}

#[test]
fn bad_clients_do_not_stay() {
    let address = server();
    let mut sockets: Vec<TcpStream> = (0..MAX_CONNECTIONS + 1).map(|_| connect(address)).collect();
    assert!(get(address, "/good").contains("Get /good"));
    // The first to come were the first to go.
    assert_eq!(sockets[0].read(&mut [0]).unwrap_or_default(), 0);
    assert_eq!(sockets[1].read(&mut [0]).unwrap_or_default(), 0);
    sockets[MAX_CONNECTIONS].write_all(b"GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    sockets[MAX_CONNECTIONS].read_to_string(&mut answer).unwrap();
    assert!(answer.contains("Get /late"), "the others are served all the same: {answer}");
}
