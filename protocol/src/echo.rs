//! `echo` (Maelstrom `doc/workloads.md`, "Workload: Echo").

use crate::json::Json;
use crate::vocabulary::messages;

messages! {
    /// What clients ask.
    pub enum Request<'a> {
        /// Say this back.
        "echo" => Echo {
            /// Anything.
            echo: Json<'a>,
        },
    }
}

messages! {
    /// What they are told.
    pub enum Reply<'a> {
        /// As you said.
        "echo_ok" => EchoOk {
            /// What the request held, byte for byte.
            echo: Json<'a>,
        },
    }
}
