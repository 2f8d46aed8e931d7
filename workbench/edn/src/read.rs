//! Reading EDN: what we print, and what Maelstrom prints. Anything Maelstrom writes into a history or a results file can be
//! read, though what no checker needs (symbols, tags, characters, ratios) is kept only as its text.

mod token;

use super::Value;
use std::fmt::{self, Display, Formatter};
use token::{ENDS_TOKEN, MAY_BE_SKIPPED, classify, is_blank};

/// Collections nested deeper than this are refused, so that no input can exhaust the stack.
const MAX_DEPTH: usize = 128;

/// Reads one value, which must be all there is.
pub fn read(text: &str) -> Result<Value, ReadError> {
    let mut reader = Reader::new(text, 0);
    let value = reader.value(0)?;
    reader.skip_blanks(0)?;
    if reader.position < text.len() {
        return Err(reader.error("more than one value"));
    }
    Ok(value)
}

/// The values of a text, one after the other, each with the offset in bytes at which it begins. If all there is is one
/// vector or list, its elements take its place: so both a stream of values and a collection of them can be read as they come.
pub fn read_all(text: &str) -> Values<'_> {
    Values { reader: Reader::new(text, 0), close: None, has_begun: false, has_ended: false }
}

/// See [`read_all`].
pub struct Values<'a> {
    reader: Reader<'a>,
    /// What closes the one collection there is.
    close: Option<u8>,
    has_begun: bool,
    has_ended: bool,
}

impl Iterator for Values<'_> {
    type Item = Result<(usize, Value), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = self.read_next().transpose();
        self.has_ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<'a> Values<'a> {
    /// The offset in bytes at which the next value begins, or else what ends the text.
    pub fn position(&mut self) -> Result<usize, ReadError> {
        let reader = &mut self.reader;
        reader.skip_blanks(0)?;
        if !std::mem::replace(&mut self.has_begun, true) {
            self.close = match reader.peek() {
                Some(b'[') => Some(b']'),
                Some(b'(') => Some(b')'),
                _ => None,
            };
            reader.position += usize::from(self.close.is_some());
            reader.skip_blanks(0)?;
        }
        Ok(reader.position)
    }

    /// The values from this offset on, where one of them begins, once the position of the first is known.
    pub fn starting_at(&self, position: usize) -> Values<'a> {
        let reader = Reader::new(self.reader.text, position);
        Values { reader, close: self.close, has_begun: true, has_ended: false }
    }

    fn read_next(&mut self) -> Result<Option<(usize, Value)>, ReadError> {
        self.position()?;
        let reader = &mut self.reader;
        if self.close.is_some() && reader.peek() == self.close {
            reader.position += 1;
            reader.skip_blanks(0)?;
            return match reader.peek() {
                None => Ok(None),
                Some(_) => Err(reader.error("more than one collection")),
            };
        }
        if reader.peek().is_none() && self.close.is_none() {
            return Ok(None);
        }
        let position = reader.position;
        reader.value(usize::from(self.close.is_some())).map(|value| Some((position, value)))
    }
}

/// Why a text is not a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Offset in bytes at which it went wrong.
    pub position: usize,
    /// What was wrong.
    pub reason: &'static str,
}

impl Display for ReadError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.reason, self.position)
    }
}

impl std::error::Error for ReadError {}

struct Reader<'a> {
    text: &'a str,
    position: usize,
    /// The elements so far of the collections that have not ended, so that each is allocated once, when its length is known.
    open: Vec<Value>,
    /// The same of maps.
    open_entries: Vec<(Value, Value)>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, position: usize) -> Reader<'a> {
        Reader { text, position, open: Vec::new(), open_entries: Vec::new() }
    }

    fn value(&mut self, depth: usize) -> Result<Value, ReadError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deeply"));
        }
        self.skip_blanks(depth)?;
        match self.peek() {
            None => Err(self.error("unexpected end")),
            Some(b'(') => Ok(Value::List(self.elements(1, b')', depth)?)),
            Some(b'[') => Ok(Value::Vector(self.elements(1, b']', depth)?)),
            Some(b'{') => Ok(Value::Map(self.entries(depth)?)),
            Some(b'"') => self.string(),
            Some(b'#') => self.dispatch(depth),
            Some(b'\\') => self.character(),
            Some(b')' | b']' | b'}') => Err(self.error("unexpected closing bracket")),
            Some(_) => Ok(classify(self.token())),
        }
    }

    /// Elements up to `close`, after `skip` bytes of opening bracket.
    fn elements(&mut self, skip: usize, close: u8, depth: usize) -> Result<Vec<Value>, ReadError> {
        self.position += skip;
        let start = self.open.len();
        loop {
            self.skip_blanks(depth)?;
            if self.peek() == Some(close) {
                self.position += 1;
                return Ok(self.open.drain(start..).collect());
            }
            let value = self.value(depth + 1)?;
            self.open.push(value);
        }
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<(Value, Value)>, ReadError> {
        self.position += 1;
        let start = self.open_entries.len();
        loop {
            self.skip_blanks(depth)?;
            if self.peek() == Some(b'}') {
                self.position += 1;
                return Ok(self.open_entries.drain(start..).collect());
            }
            let key = self.value(depth + 1)?;
            self.skip_blanks(depth)?;
            if self.peek() == Some(b'}') {
                self.position += 1;
                return Err(self.error("a map with a key without a value"));
            }
            let value = self.value(depth + 1)?;
            self.open_entries.push((key, value));
        }
    }

    fn dispatch(&mut self, depth: usize) -> Result<Value, ReadError> {
        match self.text.as_bytes().get(self.position + 1) {
            Some(b'{') => Ok(Value::Set(self.elements(2, b'}', depth)?)),
            Some(b'#') => {
                let float = match self.token() {
                    "##NaN" => f64::NAN,
                    "##Inf" => f64::INFINITY,
                    "##-Inf" => f64::NEG_INFINITY,
                    _ => return Err(self.error("unknown symbolic value")),
                };
                Ok(Value::Float(float))
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let tag = &self.token()[1..];
                let value = self.value(depth + 1)?;
                Ok(Value::Tagged(Box::new((tag.into(), value))))
            }
            _ => Err(self.error("unknown dispatch character")),
        }
    }

    fn string(&mut self) -> Result<Value, ReadError> {
        self.position += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.position..];
            let Some(stop) = rest.find(['"', '\\']) else {
                return Err(self.error("a string without an end"));
            };
            text.push_str(&rest[..stop]);
            self.position += stop + 1;
            if rest.as_bytes()[stop] == b'"' {
                return Ok(Value::text(text));
            }
            text.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Result<char, ReadError> {
        let Some(escape) = self.peek() else { return Err(self.error("a string without an end")) };
        self.position += 1;
        Ok(match escape {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'f' => '\u{c}',
            b'b' => '\u{8}',
            b'"' | b'\\' => char::from(escape),
            b'u' => {
                let digits = self.text.get(self.position..self.position + 4);
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let Some(code) = code else { return Err(self.error("a malformed unicode escape")) };
                self.position += 4;
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.error("an unknown escape in a string")),
        })
    }

    /// `\a`, `\newline`: its name as a string.
    fn character(&mut self) -> Result<Value, ReadError> {
        self.position += 1;
        let rest = &self.text[self.position..];
        let Some(first) = rest.chars().next() else { return Err(self.error("unexpected end")) };
        let start = self.position;
        self.position += first.len_utf8();
        self.token();
        Ok(Value::text(&self.text[start..self.position]))
    }

    /// The word that begins here (perhaps empty), up to a blank, a bracket, a quote or a comment.
    fn token(&mut self) -> &'a str {
        let rest = &self.text[self.position..];
        let end = rest.bytes().position(|byte| ENDS_TOKEN[usize::from(byte)]).unwrap_or(rest.len());
        // Most text is ASCII; blanks beyond it are looked for only where there is anything beyond it.
        let end = match rest.as_bytes().get(end) {
            Some(byte) if !byte.is_ascii() => {
                let ends = |c: char| if c.is_ascii() { ENDS_TOKEN[c as usize] } else { c.is_whitespace() };
                rest.find(ends).unwrap_or(rest.len())
            }
            _ => end,
        };
        self.position += end;
        &rest[..end]
    }

    /// Skips whitespace, commas, comments and discarded values (`#_ value`).
    fn skip_blanks(&mut self, depth: usize) -> Result<(), ReadError> {
        // Most often there is a single space, or nothing.
        self.position += usize::from(self.peek() == Some(b' '));
        while self.peek().is_some_and(|byte| MAY_BE_SKIPPED[usize::from(byte)]) {
            let rest = &self.text[self.position..];
            let mut blank = rest.bytes().position(|byte| !is_blank(byte)).unwrap_or(rest.len());
            if rest.as_bytes().get(blank).is_some_and(|byte| !byte.is_ascii()) {
                blank = rest.find(|c: char| !c.is_whitespace() && c != ',').unwrap_or(rest.len());
            }
            self.position += blank;
            let rest = &rest[blank..];
            if rest.starts_with(';') {
                self.position += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("#_") {
                self.position += 2;
                self.value(depth + 1)?;
            } else {
                break;
            }
        }
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn error(&self, reason: &'static str) -> ReadError {
        ReadError { position: self.position, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::borrow::Cow;

    #[test]
    fn every_form_that_maelstrom_writes_is_read() {
        let text = "{:model #knossos.model.CASRegister{:value 4}, :via [{:type clojure.lang.ExceptionInfo}], ;note\n \
                    :ratio 1/3 :float 1.5E-4 :big 12345678901234567890 :c \\a #_ discarded, :set #{1 -2N}, :inf ##Inf}";
        let value = read(text).unwrap();
        let Some(Value::Tagged(model)) = value.get("model") else { panic!("no record") };
        assert_eq!((&*model.0, model.1.get("value")), ("knossos.model.CASRegister", Some(&4.into())));
        assert_eq!(value.get("float"), Some(&Value::Float(0.00015)));
        assert_eq!(value.get("big"), Some(&Value::BigInteger("12345678901234567890".into())));
        assert_eq!(value.get("set"), Some(&Value::Set(vec![1.into(), (-2).into()])));
        assert_eq!(value.get("inf"), Some(&Value::Float(f64::INFINITY)));
    }

    #[test]
    fn malformed_text_is_refused_with_its_place() {
        assert_eq!(read("[1 2").unwrap_err().to_string(), "unexpected end at byte 4");
        for text in ["", "]", "1 2", "{:a}", "\"open", "\"\\q\"", "##what", "\"\\u12\u{e9}4\""] {
            assert!(read(text).is_err(), "{text} was read");
        }
    }

    #[test]
    fn a_stream_and_a_collection_of_values_are_read_alike() {
        let all = |text: &str| {
            read_all(text).map(|value| value.map(|(at, value)| (at, value.to_string()))).collect()
        };
        let two = |first, second| Ok(vec![(first, "{:a 1}".to_owned()), (second, "2".to_owned())]);
        assert_eq!(all("{:a 1}\n2"), two(0, 7));
        assert_eq!(all(" ; note\n[{:a 1} #_ 3 2] ; end"), two(9, 21));
        assert_eq!(all("({:a 1},2)"), two(1, 8));
        let mut values = read_all(" [1 (2) ] ");
        assert_eq!(values.position(), Ok(2));
        assert_eq!(values.starting_at(4).next(), Some(Ok((4, Value::List(vec![2.into()])))));
        assert_eq!(values.starting_at(8).next(), None);
        for nothing in ["", " [ ] ", "; nothing", "()"] {
            assert_eq!(all(nothing), Ok(vec![]), "{nothing}");
        }
        for wrong in ["[1", "[1] 2", "(1]", "1 ]", "{:a"] {
            let read: Result<Vec<(usize, String)>, ReadError> = all(wrong);
            assert!(read.is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_depth_of_nesting_exhausts_the_stack() {
        for open in ["[", "{", "(", "#{", "#_", "#a "] {
            assert!(read(&open.repeat(100_000)).is_err());
        }
        assert!(read(&("[".repeat(100) + &"]".repeat(100))).is_ok());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Nil),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Integer),
            "-?[1-9][0-9]{19,40}".prop_map(|digits| Value::from_digits(&digits)),
            any::<f64>().prop_map(Value::Float),
            any::<String>().prop_map(Value::text),
            "[a-z][a-z?-]{0,8}".prop_map(|name| Value::Keyword(Cow::Owned(name))),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            let elements = proptest::collection::vec(inner.clone(), 0..8);
            prop_oneof![
                elements.clone().prop_map(Value::List),
                elements.clone().prop_map(Value::Vector),
                elements.prop_map(Value::Set),
                proptest::collection::vec((inner.clone(), inner), 0..6).prop_map(Value::Map),
            ]
        })
    }

    /// All NaNs print alike.
    fn has_nan(value: &Value) -> bool {
        value.to_string().contains("##NaN")
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(value in any_value()) {
            prop_assume!(!has_nan(&value));
            prop_assert_eq!(&read(&value.to_string()).unwrap(), &value);
            prop_assert_eq!(&read(&crate::pretty(&value)).unwrap(), &value);
        }

        #[test]
        fn no_text_panics_the_reader(text in "[\\[\\](){}#\"\\\\:;_a0-9N., é]{0,40}") {
            let _ = read(&text);
        }
    }
}
