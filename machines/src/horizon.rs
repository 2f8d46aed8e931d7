//! How high a number may be that a peer says, where everyone goes on from the highest that it has heard of: the counters of
//! Lamport stamps, the offsets of a log, the terms and indices of consensus.
//!
//! They end at 2⁵³. If any number below that were believed, a single lie would leave nobody a next one, and all would refuse to
//! write for good. So a peer's number is believed up to the *horizon*: half of all numbers at once, and [`NUMBERS_PER_MS`] more
//! for each millisecond that this node is up. Whoever lies, however often, uses up the other half no faster than that,
//! in 8.7 years, and until then there is a next number for every write.
//!
//! *Why it never bites honest nodes.* Each of their numbers is the next one: of stamps, terms and indices the highest plus one, of
//! offsets at most so much more as there are nodes. The first half is 4.5·10¹⁵ of these: at a million a second they take 142
//! years, and who comes back from nothing then is told numbers below the horizon. Only a lie leads beyond. From there honest numbers go
//! on at their own pace, far below sixteen million a second, and a node that has been up for as long as another believes
//! what that one does.
//!
//! *What a liar can still do:* lead numbers to the horizon of a node that has been up for long. A younger one believes them only
//! when it is as old as the other was then; until it is, such a message brings it nothing, as if its delta were lost. Below the
//! horizon numbers can be wasted, which nobody notices but a reader of offsets.
//!
//! Counters need none of this ([`Counter`](crate::Counter)): a total is its origin's alone, and no node goes on from another's.

use protocol::Json;
use protocol::gossip::Gossip;

use crate::Time;

/// Believed from the beginning.
const BELIEVED_AT_ONCE: u64 = 1 << 52;

/// A number beyond the horizon has so many digits at least.
const DIGITS: usize = 16;

/// More than a cluster uses up, by a factor of a thousand and more.
const NUMBERS_PER_MS: u64 = 1 << 14;

/// The highest number that is believed of a peer, by a node that has been up for so long.
pub(crate) fn horizon(up: Time) -> u64 {
    BELIEVED_AT_ONCE + up.as_nanos() / 1_000_000 * NUMBERS_PER_MS
}

/// The message without its delta, if one of the delta's updates has a number beyond the horizon. Updates that have one are arrays,
/// with the number at position `place`.
pub(crate) fn believed(up: Time, place: usize, mut gossip: Gossip<'_>) -> Gossip<'_> {
    let Gossip::Gossip { n, runs, .. } = &mut gossip;
    let horizon = horizon(up);
    let is_beyond = |update: Json<'_>| {
        let number = update.elements().and_then(|mut parts| parts.nth(place)).and_then(Json::parse::<u64>);
        number.is_some_and(|number| number > horizon)
    };
    let payloads = runs.iter().flat_map(|runs| runs.iter()).map(|(.., payload)| *payload);
    let mut suspects = payloads.filter(|payload| has_long_number(payload.as_str().as_bytes()));
    if suspects.any(|payload| payload.elements().into_iter().flatten().any(is_beyond)) {
        (*n, *runs) = (None, None);
    }
    gossip
}

/// Whether there are [`DIGITS`] digits in a row: nothing else needs to be taken apart. Of as many bytes in a row one is at a multiple
/// of their number, so of most texts only every sixteenth byte is looked at.
fn has_long_number(text: &[u8]) -> bool {
    let is_digit = |byte: &&u8| byte.is_ascii_digit();
    (DIGITS - 1..text.len()).step_by(DIGITS).any(|at| {
        let before = || text[..at].iter().rev().take(DIGITS).take_while(is_digit).count();
        let behind = || text[at..].iter().take(DIGITS).take_while(is_digit).count();
        text[at].is_ascii_digit() && before() + behind() >= DIGITS
    })
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    #[test]
    fn a_number_beyond_the_horizon_is_long_wherever_it_stands() {
        assert_eq!(alloc::format!("{BELIEVED_AT_ONCE}").len(), DIGITS);
        for length in [DIGITS - 1, DIGITS, DIGITS + 1, 100] {
            for before in 0..40 {
                let text = ["x".repeat(before), "7".repeat(length), ",77,".repeat(9)].concat();
                assert_eq!(has_long_number(text.as_bytes()), length >= DIGITS, "{text}");
            }
        }
        assert!(!has_long_number(b"") && has_long_number(&[b'7'; 1 << 20]));
    }

    #[test]
    fn the_horizon_leaves_room_for_years() {
        const YEAR: Duration = Duration::from_secs(365 * 86_400);
        let most = 1_u64 << 53;
        assert_eq!(horizon(Time::ZERO), most / 2);
        assert!(horizon(Time::ZERO + YEAR * 8) < most && horizon(Time::ZERO + YEAR * 9) > most);
        assert!(horizon(Time::from_nanos(u64::MAX)) > most);
    }
}
