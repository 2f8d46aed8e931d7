//! Text that fits: numbers that can be read, and words that are cut.

/// `1,234,567`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("−{text}") } else { text }
}

/// At most so many bytes.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// With a capital and a full stop.
pub fn sentence(text: &str) -> String {
    capitalized(text.trim().trim_end_matches('.')) + "."
}

/// With a capital, unless it begins with the name of a node.
pub fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let is_name =
        text.split([' ', ',', '\'']).next().is_some_and(|word| word.ends_with(|c: char| c.is_ascii_digit()));
    if is_name { text.to_owned() } else { format!("{first}{}", characters.as_str()) }
}

/// `a`, `a and b`, `a, b and 3 others`.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, last] => format!("{one}, {other} and {last}"),
        [one, other, others @ ..] => format!("{one}, {other} and {} others", others.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_in_groups_of_three() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567, -12_345].map(thousands),
            ["0", "999", "1,000", "1,234,567", "−12,345"]
        );
    }
}
