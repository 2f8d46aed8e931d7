//! What was meant by a word that is misspelt.

/// Words that are less alike than this have nothing to do with each other.
const ALIKE: f64 = 0.75;

/// The most similar of these, if one is similar enough.
pub(super) fn similar<S: AsRef<str>>(word: &str, known: impl IntoIterator<Item = S>) -> Option<S> {
    // Dashes are alike in all flags.
    let word = word.trim_start_matches('-');
    let likeness = |known: &S| {
        let known = known.as_ref().trim_start_matches('-');
        strsim::normalized_damerau_levenshtein(word, known).max(strsim::jaro(word, known))
    };
    let alike =
        known.into_iter().map(|known| (likeness(&known), known)).filter(|(likeness, _)| *likeness >= ALIKE);
    alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, known)| known)
}

/// `. Did you mean "test"?`, or nothing.
pub(super) fn did_you_mean<S: AsRef<str>>(word: &str, known: impl IntoIterator<Item = S>) -> String {
    similar(word, known).map_or(String::new(), |known| format!(". Did you mean \"{}\"?", known.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_understood_and_other_words_are_not() {
        let commands = ["analyze", "challenge", "sim", "test"];
        assert_eq!(similar("tset", commands), Some("test"));
        assert_eq!(similar("chalenge", commands), Some("challenge"));
        assert_eq!(similar("analyse", commands), Some("analyze"));
        assert_eq!(similar("frobnicate", commands), None);
        assert_eq!(did_you_mean("xyz", commands), "");
    }
}
