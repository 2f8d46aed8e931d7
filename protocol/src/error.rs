//! The error table (Maelstrom `doc/protocol.md`, "Errors"; `resources/errors.edn`).

use crate::shapes::Text;
use crate::vocabulary::messages;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $definite:literal;)*) => {
        /// Why a request was not carried out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant = $number,)* }

        impl Code {
            /// All codes, in order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];

            /// The code with that number; none for numbers outside the table.
            pub const fn from_number(number: i64) -> Option<Code> {
                match number { $($number => Some(Code::$variant),)* _ => None }
            }

            /// The number that travels.
            pub const fn number(self) -> u64 {
                self as u64
            }

            /// Its name in the documentation.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// Whether the request certainly did not happen. After an indefinite error it may or may not have.
            pub const fn is_definite(self) -> bool {
                match self { $(Code::$variant => $definite,)* }
            }
        }
    };
}

codes! {
    /// The request was not answered in time.
    Timeout = 0, "timeout", false;
    /// There is no such node.
    NodeNotFound = 1, "node-not-found", true;
    /// The receiver does not know this type of message.
    NotSupported = 10, "not-supported", true;
    /// The receiver cannot do this now; later it may.
    TemporarilyUnavailable = 11, "temporarily-unavailable", true;
    /// The request is not of the form that its type demands.
    MalformedRequest = 12, "malformed-request", true;
    /// Something broke on the way.
    Crash = 13, "crash", false;
    /// The request was given up.
    Abort = 14, "abort", true;
    /// There is no such key.
    KeyDoesNotExist = 20, "key-does-not-exist", true;
    /// There is such a key already.
    KeyAlreadyExists = 21, "key-already-exists", true;
    /// Something else is the case than what the request presumes.
    PreconditionFailed = 22, "precondition-failed", true;
    /// The transaction conflicts with another one.
    TxnConflict = 30, "txn-conflict", true;
}

messages! {
    /// The answer to a request that was not carried out.
    pub enum ErrorBody<'a> {
        /// An error.
        "error" => Error {
            /// A number of the table, or the sender's own.
            code: i64,
            /// The reason, for people.
            text: Option<Text<'a>>,
        },
    }
}
