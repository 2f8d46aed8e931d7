//! Vocabularies: the messages of a workload as a table, which reads and writes them.

use alloc::vec::Vec;

use crate::envelope::{Body, MessageId, Unfit};
use crate::shapes::ToJson;

/// A vocabulary that can be read.
pub trait Decode<'a>: Sized {
    /// The message that `body` is.
    fn decode(body: &Body<'a>) -> Result<Self, Unfit>;
}

/// A vocabulary that can be written.
pub trait Encode {
    /// The body's `type`.
    fn kind(&self) -> &'static str;

    /// Appends `,"key":value` for each field.
    fn encode_fields(&self, out: &mut Vec<u8>);
}

/// Appends a message as a line, newline included.
pub fn write_message(
    (src, dest): (&str, &str),
    (msg_id, in_reply_to): (Option<MessageId>, Option<MessageId>),
    body: &impl Encode,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"src\":");
    src.to_json(out);
    out.extend_from_slice(b",\"dest\":");
    dest.to_json(out);
    out.extend_from_slice(b",\"body\":{\"type\":\"");
    out.extend_from_slice(body.kind().as_bytes());
    out.push(b'"');
    Body::write_field(",\"msg_id\":", &msg_id, out);
    Body::write_field(",\"in_reply_to\":", &in_reply_to, out);
    body.encode_fields(out);
    out.extend_from_slice(b"}}\n");
}

/// A vocabulary without words: for machines that hear nothing but their clients.
#[derive(Clone, Copy, Debug)]
pub enum Nothing {}

impl<'a> Decode<'a> for Nothing {
    fn decode(_: &Body<'a>) -> Result<Self, Unfit> {
        Err(Unfit::UnknownType)
    }
}

/// Defines a vocabulary: an enum with one variant a message, each under the type that it has on the wire, and the
/// reading ([`Decode`]) and writing ([`Encode`]) of them. Fields are named as on the wire; their types say which JSON
/// they take ([`FromJson`](crate::FromJson), [`ToJson`]).
///
/// ```
/// protocol::messages! {
///     /// What a thermometer is asked.
///     pub enum Request<'a> {
///         /// How warm is it there?
///         "measure" => Measure {
///             /// Anywhere.
///             place: protocol::Text<'a>,
///         },
///         /// Start again.
///         "reset" => Reset {},
///     }
/// }
/// ```
#[macro_export]
macro_rules! messages {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident<$lifetime:lifetime> { $($rest:tt)* }) => {
        $crate::messages!(@enum [$(#[$doc])* $visibility] $name [$lifetime] [<$lifetime>] $($rest)*);
    };
    ($(#[$doc:meta])* $visibility:vis enum $name:ident { $($rest:tt)* }) => {
        $crate::messages!(@enum [$(#[$doc])* $visibility] $name ['a] [] $($rest)*);
    };
    (@enum [$(#[$doc:meta])* $visibility:vis] $name:ident [$lifetime:lifetime] [$($generics:tt)*]
        $($(#[$variant_doc:meta])* $kind:literal => $variant:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)?
        }),* $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "it lives on the stack for one step, and boxing would allocate")]
        $visibility enum $name $($generics)* {
            $($(#[$variant_doc])* $variant { $($(#[$field_doc])* $field: $type),* }),*
        }

        impl<$lifetime> $crate::Decode<$lifetime> for $name $($generics)* {
            fn decode(body: &$crate::Body<$lifetime>) -> ::core::result::Result<Self, $crate::Unfit> {
                match body.kind() {
                    $($kind => Ok(Self::$variant { $($field: body.field(stringify!($field))?),* }),)*
                    _ => Err($crate::Unfit::UnknownType),
                }
            }
        }

        impl<$lifetime> $crate::Encode for $name $($generics)* {
            fn kind(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $kind),* }
            }

            #[allow(unused_variables, reason = "a message may have no fields")]
            fn encode_fields(&self, out: &mut $crate::MacroVec<u8>) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $($crate::Body::write_field(concat!(",\"", stringify!($field), "\":"), $field, out);)*
                    })*
                }
            }
        }
    };
}
pub(crate) use messages;
