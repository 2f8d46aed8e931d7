//! Figure 3 of the paper, after every event, and what must hold from one life of a node to the next.

use std::collections::BTreeMap;

use machines::Time;

use crate::world::World;

/// All that has been seen, and what has happened on the way.
#[derive(Default)]
pub(crate) struct Invariants {
    /// Election safety: who led in a term.
    leaders: BTreeMap<u64, usize>,
    /// Log matching: what the entry of this index and term is, and the term of the one before it.
    entries: BTreeMap<(u64, u64), (String, u64)>,
    /// State machine safety: what is committed at an index, its term and text, and the term in which that was seen first.
    committed: BTreeMap<u64, (u64, String, u64)>,
    nodes: Vec<Seen>,
    pub(crate) sometimes: Sometimes,
}

/// What a node showed last.
#[derive(Clone, Default)]
struct Seen {
    start: Option<Time>,
    term: u64,
    vote: Option<usize>,
    leads: bool,
    last: (u64, u64),
    commit: u64,
}

/// How often something happened that a test of faults should reach.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sometimes {
    pub(crate) elections: u64,
    /// Entries that were taken back.
    pub(crate) cut_back: u64,
    /// A state was taken in instead of entries.
    pub(crate) states: u64,
    /// Something was committed that is not of the leader's term.
    pub(crate) older_terms: u64,
    /// A follower knew of it before the leader did.
    pub(crate) ahead: u64,
    pub(crate) restarts: u64,
}

impl Invariants {
    /// Checks whoever took the last step.
    pub(crate) fn check(&mut self, world: &World) {
        self.nodes.resize(world.size(), Seen::default());
        let node = world.stepped;
        let Some(view) = world.view(node) else { return };
        let start = Some(world.start_of(node));
        let before = self.nodes[node].clone();
        let is_same_life = before.start == start;
        self.sometimes.restarts += u64::from(before.start.is_some() && !is_same_life);

        assert!(view.term >= before.term, "n{node}: terms do not go back, whatever dies");
        if view.term == before.term && before.vote.is_some() {
            assert_eq!(view.vote, before.vote, "n{node}: one vote a term, whatever dies");
        }
        if is_same_life {
            assert!(view.commit >= before.commit, "n{node}: what is committed stays so");
        }
        if view.leads {
            let leader = *self.leaders.entry(view.term).or_insert(node);
            assert_eq!(leader, node, "election safety: one leader in term {}", view.term);
            if before.leads && before.term == view.term {
                assert!(view.last.0 >= before.last.0, "leader append-only: n{node}");
            } else {
                self.sometimes.elections += 1;
                self.check_completeness(world, node);
            }
        }
        self.check_entries(world, node, &before, is_same_life);
        self.check_commit(world, node, if is_same_life { before.commit } else { 0 });
        let view = world.view(node).expect("it lives");
        let (index, term) = before.last;
        let is_gone = index > view.base && view.entry(index).is_none_or(|(now, _)| now != term);
        self.sometimes.cut_back += u64::from(is_same_life && is_gone);
        self.sometimes.states += u64::from(is_same_life && view.base > before.last.0);
        if let Some(leader) = world.leader().and_then(|leader| world.view(leader)) {
            self.sometimes.ahead += u64::from(leader.term == view.term && view.commit > leader.commit);
        }
        let (term, vote, leads, last) = (view.term, view.vote, view.leads, view.last);
        self.nodes[node] = Seen { start, term, vote, leads, last, commit: view.commit };
    }

    /// Log matching, by induction: an entry of some index and term is the same everywhere, and follows on the same term.
    fn check_entries(&mut self, world: &World, node: usize, before: &Seen, is_same_life: bool) {
        let view = world.view(node).expect("it lives");
        if is_same_life && before.last == view.last {
            return;
        }
        let mut term_before = view.entry(view.base.max(before.commit)).map_or(0, |(term, _)| term);
        for index in view.base.max(before.commit) + 1..=view.last.0 {
            let (term, text) = view.entry(index).expect("the log has no holes");
            let known = self.entries.entry((index, term)).or_insert((text.to_string(), term_before));
            assert!(
                known.0 == text,
                "log matching: n{node}, index {index}, term {term}: {} and {}",
                shown(&known.0),
                shown(text)
            );
            if term_before > 0 && known.1 > 0 {
                assert_eq!(known.1, term_before, "log matching: n{node}, before index {index}");
            }
            assert!(term_before <= term, "terms in a log do not go back");
            term_before = term;
        }
    }

    /// State machine safety: nobody ever has something else committed at an index.
    fn check_commit(&mut self, world: &World, node: usize, from: u64) {
        let view = world.view(node).expect("it lives");
        for index in from.max(view.base) + 1..=view.commit {
            let (term, text) = view.entry(index).expect("what is committed is there");
            let known = self.committed.entry(index).or_insert((term, text.to_string(), view.term));
            assert!(
                (known.0, &*known.1) == (term, text),
                "state machine safety: n{node}, index {index}: {:?} and {:?}",
                (known.0, shown(&known.1)),
                (term, shown(text))
            );
            self.sometimes.older_terms += u64::from(term < view.term);
        }
    }

    /// Leader completeness: whoever is elected has all that was committed in earlier terms.
    fn check_completeness(&self, world: &World, node: usize) {
        let view = world.view(node).expect("it lives");
        for (&index, (term, text, seen_in)) in self.committed.range(view.base + 1..) {
            if *seen_in < view.term {
                let held = view.entry(index);
                assert!(
                    held == Some((*term, &**text)),
                    "leader completeness: n{node}, index {index}: {:?} and not {:?}",
                    held.map(|(term, text)| (term, shown(text))),
                    (term, shown(text))
                );
            }
        }
    }

    /// How often a command has been committed, as it stands in the log, whether or not it counted there.
    pub(crate) fn count(&self, command: &str) -> usize {
        let command = format!(",{command}],");
        self.committed.values().filter(|(_, text, _)| text.ends_with(&command)).count()
    }
}

/// An entry, cut where it is large.
fn shown(text: &str) -> &str {
    &text[..text.len().min(80)]
}
