//! Key-value requests: the `lin-kv` workload, and the services `lin-kv`, `seq-kv` and `lww-kv` (Maelstrom
//! `doc/workloads.md`, "Workload: Lin-kv"; `doc/services.md`).

use crate::json::Json;
use crate::vocabulary::messages;

messages! {
    /// What is asked.
    pub enum Request<'a> {
        /// What is there?
        "read" => Read {
            /// Anything.
            key: Json<'a>,
        },
        /// Put this there.
        "write" => Write {
            /// Anything.
            key: Json<'a>,
            /// Anything.
            value: Json<'a>,
        },
        /// Put `to` there if it holds `from`.
        "cas" => CompareAndSet {
            /// Anything.
            key: Json<'a>,
            /// What must be there.
            from: Json<'a>,
            /// What will be.
            to: Json<'a>,
            /// Services only: if the key does not exist, create it whatever `from` says.
            create_if_not_exists: Option<bool>,
        },
    }
}

messages! {
    /// What is answered. A read of a missing key gets error 20; a compare-and-set error 20 or 22.
    pub enum Reply<'a> {
        /// This.
        "read_ok" => ReadOk {
            /// What was written.
            value: Json<'a>,
        },
        /// Written.
        "write_ok" => WriteOk {},
        /// It held `from` and holds `to`.
        "cas_ok" => CompareAndSetOk {},
    }
}
