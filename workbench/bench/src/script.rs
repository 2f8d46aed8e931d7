//! Faults by hand: what breaks and mends at which moment of a run, instead of what a nemesis draws. As text, an act is one line:
//! `2.5s cut n0 n1`, `2s split n0 n1`, `4s heal`, `3s kill n0`, `5s start`, `3s pause n2`, `4s resume`.

use std::time::Duration;

/// Something that is done to links or nodes at a moment of the main phase. Nodes are told by their position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// When, since the history began.
    pub at: Duration,
    /// What.
    pub act: Act,
}

/// What can be done by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The link between two nodes is cut, both ways.
    Cut(usize, usize),
    /// All links between these nodes and the others are cut.
    Split(Vec<usize>),
    /// All links work again.
    Heal,
    /// A node is killed.
    Kill(usize),
    /// All nodes that are down are started.
    Start,
    /// A node is stopped in its tracks.
    Pause(usize),
    /// All nodes go on.
    Resume,
}

impl Scripted {
    /// Reads a line; on failure, what is wrong with it.
    pub fn read(text: &str, nodes: &[String]) -> Result<Scripted, String> {
        let mut words = text.split_whitespace();
        let at = words.next().and_then(|word| word.strip_suffix('s')?.parse::<f64>().ok());
        let at = at.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let at = at.ok_or("it begins with a moment, such as 2.5s")?;
        let verb = words.next().unwrap_or_default();
        let node =
            |name: &str| nodes.iter().position(|node| node == name).ok_or(format!("there is no node {name}"));
        let named = words.map(node).collect::<Result<Vec<usize>, String>>()?;
        let act = match (verb, named.as_slice()) {
            ("cut", &[one, other]) if one != other => Act::Cut(one, other),
            ("split", side) if !side.is_empty() => Act::Split(named),
            ("heal", []) => Act::Heal,
            ("kill", &[node]) => Act::Kill(node),
            ("start", []) => Act::Start,
            ("pause", &[node]) => Act::Pause(node),
            ("resume", []) => Act::Resume,
            _ => {
                return Err(
                    "it goes on with cut A B, split A …, heal, kill A, start, pause A or resume".to_owned()
                );
            }
        };
        Ok(Scripted { at, act })
    }

    /// The line that reads as this.
    pub fn text(&self, nodes: &[String]) -> String {
        let names =
            |side: &[usize]| side.iter().map(|node| nodes[*node].as_str()).collect::<Vec<_>>().join(" ");
        let act = match &self.act {
            Act::Cut(one, other) => format!("cut {}", names(&[*one, *other])),
            Act::Split(side) => format!("split {}", names(side)),
            Act::Heal => "heal".to_owned(),
            Act::Kill(node) => format!("kill {}", names(&[*node])),
            Act::Start => "start".to_owned(),
            Act::Pause(node) => format!("pause {}", names(&[*node])),
            Act::Resume => "resume".to_owned(),
        };
        format!("{}s {act}", self.at.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_mistakes_are_told() {
        let nodes = ["n0", "n1", "n2"].map(str::to_owned);
        let lines = [
            "2.5s cut n0 n1",
            "2s split n0 n2",
            "4s heal",
            "3s kill n0",
            "5s start",
            "0s pause n2",
            "1s resume",
        ];
        for line in lines {
            assert_eq!(Scripted::read(line, &nodes).unwrap().text(&nodes), line);
        }
        for line in [
            "",
            "cut n0 n1",
            "2 heal",
            "-1s heal",
            "2s cut n0",
            "2s cut n0 n0",
            "2s kill n9",
            "2s heal n0",
            "1e99s heal",
        ] {
            assert!(Scripted::read(line, &nodes).is_err(), "{line}");
        }
    }
}
