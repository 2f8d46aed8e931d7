//! What pictures share that are files of their own: texts that fit, and the colours of the pages, light or dark as the reader
//! prefers.

use super::templates::STYLE;

/// Where dark colours begin in the style of the pages.
const DARK: &str = "@media (prefers-color-scheme: dark)";

/// At most so many characters of a text, and none that XML forbids.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let mut cut: String = text
        .chars()
        .take(limit)
        .map(|character| if is_forbidden(character) { '\u{fffd}' } else { character })
        .collect();
    if text.chars().nth(limit).is_some() {
        cut.push('…');
    }
    cut
}

/// As XML has it: neither markup nor the control characters that it forbids.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            forbidden if is_forbidden(forbidden) => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Rules with the colours of the pages filled in, once for light and once for dark: not every viewer of pictures knows
/// variables.
pub(super) fn style(rules: &str) -> String {
    let (light, dark) = STYLE.split_once(DARK).expect("the pages have colours for light and for dark");
    let (light, dark) = (variables(light), variables(dark));
    let fill = |variables: &[&[(&str, &str)]]| {
        let variables = variables.iter().copied().flatten();
        variables
            .fold(rules.to_owned(), |rules, (name, value)| rules.replace(&format!("var(--{name})"), value))
    };
    format!("{}{DARK} {{\n{}}}\n", fill(&[&light]), fill(&[&dark, &light]))
}

/// The variables that a style sets, and to what.
fn variables(style: &str) -> Vec<(&str, &str)> {
    let set = style.lines().flat_map(|line| line.split(';')).filter_map(|set| set.trim().strip_prefix("--"));
    set.filter_map(|set| set.split_once(": ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_colours_of_the_pages_in_light_and_in_dark() {
        let style = style("rect { fill: var(--paper); font: 12px var(--sans); }\n");
        let (light, dark) = style.split_once(DARK).unwrap();
        assert!(light.starts_with("rect { fill: #fcfbf8; font: 12px ui-sans-serif,"), "{style}");
        assert!(dark.contains("rect { fill: #15161a; font: 12px ui-sans-serif,"), "{style}");
    }

    #[test]
    fn no_text_breaks_the_picture_that_it_is_in() {
        assert_eq!(escaped("a<b>&\u{1}\n"), "a&lt;b&gt;&amp;\u{fffd}\n");
        assert_eq!(cut("äöü\u{1}", 4), "äöü\u{fffd}");
        assert_eq!(cut("äöü", 2), "äö…");
    }
}
