//! Words that several commands have for the same things.

/// `1 node`, `2 nodes`.
pub(super) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
