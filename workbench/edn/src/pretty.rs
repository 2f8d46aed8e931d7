//! Pretty-printing of results, in the shape of Maelstrom's `results.edn`: what fits on a line stays on it; a map that does
//! not has one entry a line, aligned; a sequence that does not has one element a line if they are structured, and is filled
//! like a paragraph if they are numbers and names.

use super::{Value, print};
use std::fmt::{self, Write};

/// Lines are broken so as not to be longer than this, where there is a place to break them.
const WIDTH: usize = 70;

/// `value` over as many lines as it takes, without a newline at the end.
pub fn pretty(value: &Value) -> String {
    let mut printer = Printer { out: String::new(), line_start: 0 };
    printer.value(value, 0);
    printer.out
}

struct Printer {
    out: String,
    /// Where in `out` the current line begins.
    line_start: usize,
}

impl Printer {
    /// Prints `value` where `trailing` columns must remain for closing brackets.
    fn value(&mut self, value: &Value, trailing: usize) {
        if self.flat(value, trailing) {
            return;
        }
        match value {
            Value::Map(entries) if !entries.is_empty() => self.map(entries, trailing),
            Value::List(elements) => self.sequence("(", elements, ")", trailing),
            Value::Vector(elements) => self.sequence("[", elements, "]", trailing),
            Value::Integers(integers) => {
                let elements: Vec<Value> = integers.iter().map(Value::Integer).collect();
                self.sequence("[", &elements, "]", trailing);
            }
            Value::Set(elements) => self.sequence("#{", elements, "}", trailing),
            Value::Tagged(tagged) => {
                let (tag, value) = &**tagged;
                self.out.extend(["#", tag, print::gap_after_tag(tag, value)]);
                self.value(value, trailing);
            }
            scalar => self.unbroken(scalar),
        }
    }

    fn map(&mut self, entries: &[(Value, Value)], trailing: usize) {
        self.out.push('{');
        let indent = self.column();
        for (position, (key, value)) in entries.iter().enumerate() {
            let last = position + 1 == entries.len();
            self.unbroken(key);
            self.out.push(' ');
            self.value(value, if last { trailing + 1 } else { 1 });
            if !last {
                self.out.push(',');
                self.newline(indent);
            }
        }
        self.out.push('}');
    }

    fn sequence(&mut self, open: &str, elements: &[Value], close: &str, trailing: usize) {
        self.out.push_str(open);
        let indent = self.column();
        let paragraph =
            elements.iter().all(|element| element.elements().is_none() && !is_structured(element));
        for (position, element) in elements.iter().enumerate() {
            let trailing = if position + 1 == elements.len() { trailing + close.len() } else { 0 };
            if position == 0 {
                self.value(element, trailing);
            } else if paragraph {
                self.filled(element, indent, trailing);
            } else {
                self.newline(indent);
                self.value(element, trailing);
            }
        }
        self.out.push_str(close);
    }

    /// Prints `element` on this line if it fits, else on the next.
    fn filled(&mut self, element: &Value, indent: usize, trailing: usize) {
        self.out.push(' ');
        if !self.flat(element, trailing) {
            self.out.pop();
            self.newline(indent);
            self.unbroken(element);
        }
    }

    fn unbroken(&mut self, value: &Value) {
        write!(self.out, "{value}").expect("writing to a string cannot fail");
    }

    /// Prints `value` if it fits on the line, or else nothing.
    fn flat(&mut self, value: &Value, trailing: usize) -> bool {
        let length = self.out.len();
        let room = WIDTH.saturating_sub(self.column() + trailing);
        let fits = write!(Bounded { out: &mut self.out, room }, "{value}").is_ok();
        if !fits {
            self.out.truncate(length);
        }
        fits
    }

    fn column(&self) -> usize {
        self.out[self.line_start..].chars().count()
    }

    fn newline(&mut self, indent: usize) {
        self.out.push('\n');
        self.line_start = self.out.len();
        self.out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn is_structured(value: &Value) -> bool {
    matches!(value, Value::Map(_) | Value::Tagged(_))
}

/// Takes `room` more characters and refuses the next one, so that measuring never costs more than a line.
struct Bounded<'a> {
    out: &'a mut String,
    room: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.room = self.room.checked_sub(text.chars().count()).ok_or(fmt::Error)?;
        self.out.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read;

    #[test]
    fn a_list_of_numbers_is_filled_and_its_lines_are_not_too_long() {
        let numbers = Value::List((0..100).map(Value::Integer).collect());
        let printed = pretty(&Value::map([("lost", numbers.clone()), ("valid?", false.into())]));
        let mut lines = printed.lines();
        assert_eq!(
            lines.next(),
            Some("{:lost (0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23"),
        );
        assert!(lines.next().is_some_and(|line| line.starts_with("        24 25")));
        assert!(printed.lines().all(|line| line.len() <= WIDTH));
        assert_eq!(read(&printed).unwrap().get("lost"), Some(&numbers));
    }

    #[test]
    fn maps_in_a_list_take_a_line_each() {
        let element = Value::map([("element", 1.into()), ("outcome", Value::keyword("stable"))]);
        let printed = pretty(&Value::List(vec![element.clone(), element.clone(), element]));
        assert_eq!(
            printed,
            "({:element 1, :outcome :stable}\n {:element 1, :outcome :stable}\n {:element 1, :outcome :stable})"
        );
    }
}
