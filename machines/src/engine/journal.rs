//! Remembering: the disk is a peer that is told everything once, and says it once.
//!
//! A record is a delta, its runs in the words in which they travel: what this replica holds and the journal does not. So
//! a batch makes one record, and what it says is closed under I1 and I2, as what the replica held at the end of the batch
//! was; each prefix of the journal is a state that the replica was in. A checkpoint is the delta from nothing, cut like any
//! other that is too long.
//!
//! Nothing else need be kept. What peers hold they say again; what is stable is worked out again, from what all hold, and
//! nobody holds less than it ever reported: records go before lines. And as long as the journal lasts, the node's origin is
//! the same, and its updates are numbered on.

use protocol::gossip::Run;
use protocol::{Json, List, ToJson};

use super::data::Cuts;
use super::receive::ReadRun;
use super::speak::{next_cut, write_runs};
use super::vector::{Source, Vector};
use super::{Engine, Replicated};
use crate::{BadRecord, Extent, Records, Time};

impl<D: Replicated> Engine<D> {
    /// Records what is held and has not been recorded, or all that is held.
    pub fn record(&mut self, extent: Extent, records: &mut Records) {
        let Engine { data, origins, held, cuts, stable, recorded, scratch, .. } = self;
        if extent == Extent::All {
            *recorded = Vector::default();
        }
        let together = if D::CUTS == Cuts::BehindStable { stable } else { Vector::EMPTY };
        while !recorded.covers(held) {
            let target = next_cut(cuts, together, recorded).unwrap_or(held);
            let runs = write_runs(data, origins, &target.beyond(recorded), scratch);
            records.push(|bytes| runs.to_json(bytes));
            recorded.join(target);
        }
    }

    /// Takes in again what was recorded.
    ///
    /// Peers surely know of it what they were told, so the first guess is that they hold it all. Whoever does not will say
    /// so, to the first delta or to the greeting, and gets what it lacks.
    pub fn recover(&mut self, record: &[u8]) -> Result<(), BadRecord> {
        let runs = Json::read(record).and_then(Json::parse::<List<Run<'_>>>).ok_or(BadRecord)?;
        self.make_room(record.len());
        for &run in runs.iter() {
            let run = ReadRun::<D>::read(run).ok_or(BadRecord)?;
            let (node, incarnation) = run.origin();
            if !self.origins.admits(node, incarnation, Source::Way) || !self.is_gapless(&run) {
                return Err(BadRecord);
            }
            self.take_run(run, Source::Way);
        }
        let Engine { links, held, recorded, .. } = self;
        recorded.join(held);
        links.values_mut().for_each(|link| link.sent.join(held));
        if self.links.is_empty() {
            // Nobody else need hold it.
            self.review_settled(Time::ZERO);
        }
        Ok(())
    }

    /// See [`Replicated::stored_bytes`].
    pub fn stored_bytes(&self) -> usize {
        self.data.stored_bytes()
    }
}
