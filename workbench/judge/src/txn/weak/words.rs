//! What was missed, in words and in the shape of Elle's circles.

use super::{Edge, Names, Search, Why};
use crate::anomalies::{Anomalies, Case};
use crate::cycles::Paths;
use edn::Value;

/// What follows every such finding: whoever compares verdicts should not be surprised.
const STRICTER: &str = "Maelstrom's checker does not look for this";

impl Search<'_, '_> {
    /// Adds a circle, by a name that says whether a session is a part of it.
    pub(super) fn tell(&self, circle: &[Edge], (name, by_session): Names, anomalies: &mut Anomalies) {
        let causes: Vec<Vec<Edge>> = circle.iter().map(|edge| self.cause(edge)).collect();
        let has_session = |edge: &Edge| edge.why == Why::Session;
        let is_by_session = circle.iter().chain(causes.iter().flatten()).any(has_session);
        let kind = if is_by_session { by_session } else { name };
        if name == "causal-violation" && self.is_direct(circle, &causes) {
            return;
        }
        anomalies.add(self.context, kind, || {
            let op = |number: u32| self.transactions.list[number as usize].op();
            let around = circle.iter().chain(circle.first()).map(|edge| op(edge.from));
            let mut proof: Vec<usize> = around.clone().collect();
            proof.extend(causes.iter().flatten().map(|edge| op(edge.to)));
            let told: Vec<String> =
                circle.iter().zip(&causes).map(|(edge, cause)| self.sentence(edge, cause)).collect();
            Case {
                value: Value::map([
                    ("cycle", Value::Vector(around.map(|op| self.context.quote(op).to_value()).collect())),
                    ("steps", Value::List(circle.iter().map(|edge| self.step(edge)).collect())),
                    ("type", Value::keyword(kind)),
                ]),
                explanation: format!("{} ({STRICTER})", told.join("; ")),
                proof,
            }
        });
    }

    /// Whether nobody knew of anything by more than one step: then it is found as a fractured read.
    fn is_direct(&self, circle: &[Edge], causes: &[Vec<Edge>]) -> bool {
        circle.iter().zip(causes).all(|(edge, cause)| match edge.why {
            Why::Missed { .. } => cause.len() < 2,
            Why::Absent(_) => self.before.of(edge.from).contains(&edge.to),
            Why::Session | Why::Read(_) | Why::Wrote(_) => true,
        })
    }

    /// How a reader came to know of what it missed.
    fn cause(&self, edge: &Edge) -> Vec<Edge> {
        let Why::Missed { reader, .. } = edge.why else { return Vec::new() };
        let way = Paths::new(self.known.vertices).shortest(&self.known, edge.from as usize, reader as usize);
        way.unwrap_or_default().into_iter().map(|edge| self.known.edges[edge]).collect()
    }

    fn sentence(&self, edge: &Edge, cause: &[Edge]) -> String {
        let key = |key: u32| self.transactions.key(key);
        let (from, to) = (self.name(edge.from), self.name(edge.to));
        match edge.why {
            Why::Session => {
                let process = self.transactions.list[edge.to as usize].span.process;
                format!("{to} followed {from} in the session of process {process}")
            }
            Why::Read(number) => format!("{to} read what {from} wrote to key {}", key(number)),
            Why::Wrote(number) => format!("{from} wrote key {} before {to} did", key(number)),
            Why::Absent(number) => format!("{from} read key {} as it was before {to} wrote it", key(number)),
            Why::Missed { reader, key: number } => {
                let reader = self.name(reader);
                let way: Vec<String> = cause.iter().map(|edge| self.sentence(edge, &[])).collect();
                let way = way.join(", and ");
                let key = key(number);
                format!(
                    "{way}, and yet {reader} read key {key} from {to}, so {from} wrote it before {to} did"
                )
            }
        }
    }

    fn name(&self, number: u32) -> String {
        let transaction = &self.transactions.list[number as usize];
        format!("op {} of process {}", transaction.op(), transaction.span.process)
    }

    fn step(&self, edge: &Edge) -> Value {
        let (kind, key) = match edge.why {
            Why::Session => ("process", None),
            Why::Read(key) => ("wr", Some(key)),
            Why::Wrote(key) | Why::Missed { key, .. } => ("ww", Some(key)),
            Why::Absent(key) => ("rw", Some(key)),
        };
        let mut entries = vec![(Value::keyword("type"), Value::keyword(kind))];
        entries.extend(key.map(|key| (Value::keyword("key"), self.transactions.key(key).clone())));
        Value::Map(entries)
    }
}
