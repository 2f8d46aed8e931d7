//! What a node must not forget (figure 2, "persistent state on all servers"): its term, its vote, and its log; the latter from
//! a state on, once its beginning has been dropped.
//!
//! Each record is a JSON list that begins with a word: `["ballot",term,vote]`, where votes are positions counted from one, and 0 is
//! none; `["log",after,[entry,…]]`, which takes the place of all entries behind `after`; and `["state",index,term,state]`, which
//! takes the place of the whole log up to there, and of what follows too. Recovery carries them out again. What is committed is
//! not recorded: a leader will say.

use alloc::format;
use alloc::string::String;

use protocol::consensus::Place;
use protocol::{Json, Text};

use super::following::read_entries;
use super::log::{Log, MAX_NUMBER, as_list};
use super::recorded::Recorded;
use super::sessions::Sessions;
use super::{Consensus, StateMachine};
use crate::{BadRecord, Extent, Records};

impl<S: StateMachine> Consensus<S> {
    /// Records what has come since it was last asked, or all that there is. The ballot goes first: a log never has
    /// entries of terms that the node does not know of.
    pub fn record(&mut self, extent: Extent, records: &mut Records) {
        if extent == Extent::All {
            self.recorded =
                Recorded { lacks_state: self.applied > 0, last: self.applied, ..Recorded::default() };
        }
        let ballot = (self.term, self.vote);
        if self.recorded.ballot != ballot {
            let vote = self.vote.map_or(0, |position| position as u64 + 1);
            push(records, &format!("[\"ballot\",{},{vote}]", self.term));
            self.recorded.ballot = ballot;
        }
        // What came, was applied and was dropped since it was last asked is in the state only.
        if self.recorded.lacks_state || self.recorded.last < self.log.base().0 {
            let term = self.log.term(self.applied).expect("the log reaches back to what is applied");
            let mut text = format!("[\"state\",{},{term},", self.applied);
            self.write_state(&mut text);
            text.push(']');
            push(records, &text);
            self.recorded.lacks_state = false;
            self.recorded.last = self.applied;
        }
        let (after, last) = (self.recorded.last, self.log.last_index());
        if after < last {
            let entries = as_list(self.log.text(after, last), &mut self.scratch);
            push(records, &format!("[\"log\",{after},{}]", entries.as_str()));
            self.recorded.last = last;
        }
    }

    /// Takes in again what was recorded.
    pub fn recover(&mut self, record: &[u8]) -> Result<(), BadRecord> {
        let json = Json::read(record).ok_or(BadRecord)?;
        self.recover_from(json).ok_or(BadRecord)?;
        self.recorded.ballot = (self.term, self.vote);
        self.recorded.last = self.log.last_index();
        if self.size > 1 {
            // It has been started before, so it waits for a leader as if it had just heard of one.
            self.put_off_election(self.started);
        }
        Ok(())
    }

    fn recover_from(&mut self, json: Json<'_>) -> Option<()> {
        let kind: Text<'_> = json.elements()?.next()?.parse()?;
        match &*kind {
            "ballot" => {
                let (_, term, vote) = json.parse::<(Json<'_>, u64, u64)>()?;
                let vote = vote.checked_sub(1).map(|vote| vote as usize);
                let makes_sense = term <= MAX_NUMBER && vote.is_none_or(|vote| vote < self.size);
                (self.term, self.vote) = makes_sense.then_some((term, vote))?;
            }
            "log" => {
                let (_, after, entries) = json.parse::<(Json<'_>, u64, Json<'_>)>()?;
                let term = self.log.term(after)?;
                let entries = read_entries(Some(entries), ((after, term), self.term))?;
                self.log.truncate(after);
                entries.into_iter().for_each(|entry| self.log.append(entry));
            }
            "state" => {
                let (_, index, term, state) = json.parse::<(Json<'_>, u64, u64, Json<'_>)>()?;
                let makes_sense = index <= MAX_NUMBER && term <= self.term;
                (makes_sense && self.install((index, term), state)).then_some(())?;
                self.recorded.lacks_state = false;
            }
            _ => return None,
        }
        Some(())
    }

    /// Appends the state, with everyone's sessions, as JSON.
    pub(super) fn write_state(&self, out: &mut String) {
        out.push('[');
        self.sessions.write(out);
        out.push(',');
        self.state.write(out);
        out.push(']');
    }

    /// Puts a state in the place of all that was applied, and of the log; false: it makes no sense, and nothing has changed.
    pub(super) fn install(&mut self, last: Place, json: Json<'_>) -> bool {
        let Some((sessions, state)) = json.parse::<(Json<'_>, Json<'_>)>() else { return false };
        let Some((sessions, state)) = Sessions::read(sessions, self.size).zip(S::read(state)) else {
            return false;
        };
        // What follows in the log stays, if it does follow (section 7).
        match self.log.term(last.0) {
            Some(term) if term == last.1 => self.log.drop_until(last.0),
            _ => self.log = Log::after(last),
        }
        (self.sessions, self.state) = (sessions, state);
        (self.commit, self.applied) = (last.0, last.0);
        self.recorded.lacks_state = true;
        let session = self.sessions.of(self.me);
        match session.life == self.life && session.id != 0 {
            // Their answers went with the entries.
            true => drop(self.requests.applied(session.last)),
            false => self.requests.open(),
        }
        true
    }
}

fn push(records: &mut Records, text: &str) {
    records.push(|bytes| bytes.extend_from_slice(text.as_bytes()));
}
