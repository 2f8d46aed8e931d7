//! What a member says of itself, in a few words, for people who watch a run.

use core::fmt::{self, Write};

use super::{Consensus, Role, StateMachine};
use crate::Cluster;

impl<S: StateMachine> Consensus<S> {
    /// Term and role, how long its log is and how much of it is committed: `term 2, follows n0; log 17, committed 15`.
    pub fn tell(&self, cluster: &Cluster, words: &mut dyn Write) -> fmt::Result {
        write!(words, "term {}, ", self.term)?;
        match &self.role {
            Role::Leader(_) => words.write_str("leads")?,
            Role::Follower(Some(following)) => write!(words, "follows {}", cluster.name(following.leader))?,
            Role::Follower(None) => {
                words.write_str("knows no leader")?;
                if let Some(voted) = self.vote {
                    write!(words, ", voted for {}", cluster.name(voted))?;
                }
            }
            Role::Candidate { pre, votes } => {
                words.write_str(if *pre { "would be elected by" } else { "elected by" })?;
                let yes = votes.iter().enumerate().filter(|(_, vote)| **vote == Some(true));
                for (node, _) in yes {
                    write!(words, " {}", cluster.name(node))?;
                }
                write!(words, " of {}", self.size)?;
            }
        }
        write!(words, "; log {}, committed {}", self.log.last_index(), self.commit)
    }
}
