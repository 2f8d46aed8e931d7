//! Which faults a run has, drawn from its seed (swarm testing: Groce, Zhang, Eide, Chen and Regehr, ISSTA 2012).
//!
//! Runs that have a bit of everything are all alike, and one fault may hide what another would show: a cluster that never
//! stays partitioned for long never gets into the states that a long partition leads to. So each kind of fault is off in
//! about half of the runs, and as bad as the seed says in the others.
//!
//! *Safety, then liveness.* Faults last as long as the main phase. Where the workload has a final phase, all of them but
//! quirks of clocks and slowness end before it, nodes have [`Options::recovery`] to agree, and then every client reads:
//! whatever is not there by then counts as lost. That is the bound which a sweep holds a machine to.

use bench::options::{Disks, Fault, Hazards, LatencyDistribution, Options, Unsynced};
use fastrand::Rng;
use std::time::Duration;

/// What a machine claims to survive besides the faults that every machine must.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// A node that is killed and started again with nothing but its name takes nothing with it that clients were told.
    pub restarts: bool,
    /// Calls to services may be lost, doubled and overtaken.
    pub service_faults: bool,
}

/// The worst that a swarm does: beyond, little gets through at all and runs become alike again.
const WORST: Hazards = Hazards {
    loss: 0.3,
    duplication: 0.3,
    reordering: 0.3,
    reach_services: true,
    drift_ppm: 20_000,
    slowness: Duration::from_millis(5),
};
/// A sync takes up to so long. (Batches have many lines in them then.)
const SLOWEST_SYNC_MS: u64 = 50;
/// A disk is full at one write in a thousand.
const OFTEN_FULL: f64 = 0.001;
/// The nemesis does something every so often, on average.
const INTERVALS_MS: std::ops::RangeInclusive<u64> = 300..=5_000;

/// The options of a run of a swarm: the same, with faults as the seed says.
pub fn swarm(options: &Options, claims: Claims) -> Options {
    // The run draws from the seed itself; the swarm must not draw the same numbers.
    let mut rng = Rng::with_seed(options.seed ^ u64::from_le_bytes(*b"a swarm!"));
    let mut options = options.clone();
    options.hazards = hazards(claims, &mut rng);
    let claims = Claims { restarts: claims.restarts || options.disks.is_some(), ..claims };
    options.nemesis = nemesis(&options, claims, &mut rng);
    options.nemesis_interval = Duration::from_millis(rng.u64(INTERVALS_MS));
    if options.latency.mean_ms > 0 {
        use LatencyDistribution::{Constant, Exponential, Uniform};
        options.latency.distribution = [Constant, Uniform, Exponential][rng.usize(..3)];
    }
    if options.disks.is_some() {
        options.disks = Some(disks(&mut rng));
    }
    options
}

fn disks(rng: &mut Rng) -> Disks {
    let unsynced = Unsynced::ALL[rng.usize(..Unsynced::ALL.len())];
    let sync = Duration::from_millis(rng.u64(1..=SLOWEST_SYNC_MS));
    let full = if rng.bool() { (rng.f64() * OFTEN_FULL * 1e5).round() / 1e5 } else { 0.0 };
    Disks { sync, unsynced, full }
}

fn hazards(claims: Claims, rng: &mut Rng) -> Hazards {
    // Three digits are precise enough, and shorter to read.
    let mut share = |worst: f64| if rng.bool() { (rng.f64() * worst * 1e3).round() / 1e3 } else { 0.0 };
    let (loss, duplication, reordering) =
        (share(WORST.loss), share(WORST.duplication), share(WORST.reordering));
    let mut number = |worst: u32| if rng.bool() { rng.u32(..=worst) } else { 0 };
    let drift_ppm = number(WORST.drift_ppm / 100) * 100;
    let worst_ms = WORST.slowness.as_millis() as u64;
    let slowness = if rng.bool() { Duration::from_millis(rng.u64(1..=worst_ms)) } else { Duration::ZERO };
    let reach_services = claims.service_faults && rng.bool();
    Hazards { loss, duplication, reordering, reach_services, drift_ppm, slowness }
}

/// Nodes that are down or stand still cannot answer; so where availability is demanded, none are.
fn nemesis(options: &Options, claims: Claims, rng: &mut Rng) -> Vec<Fault> {
    let is_fair = |fault: &Fault| match fault {
        Fault::Partition | Fault::OneWayLink | Fault::LatencySpike => true,
        Fault::Pause => options.availability.is_none(),
        Fault::Kill => options.availability.is_none() && claims.restarts,
    };
    Fault::ALL.into_iter().filter(is_fair).filter(|_| rng.bool()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bench::options::Workload;

    fn drawn(seed: u64, claims: Claims) -> Options {
        swarm(&Options { seed, ..Options::new(Workload::Broadcast, 5) }, claims)
    }

    #[test]
    fn each_kind_of_fault_is_off_in_about_half_of_the_runs() {
        let all = Claims { restarts: true, service_faults: true };
        let runs: Vec<Options> = (0..1_000).map(|seed| drawn(seed, all)).collect();
        let share = |has: fn(&Hazards) -> bool| runs.iter().filter(|options| has(&options.hazards)).count();
        let shares = [
            share(|hazards| hazards.loss > 0.0),
            share(|hazards| hazards.duplication > 0.0),
            share(|hazards| hazards.reordering > 0.0),
            share(|hazards| hazards.reach_services),
            share(|hazards| hazards.drift_ppm > 0),
            share(|hazards| !hazards.slowness.is_zero()),
        ];
        assert!(shares.iter().all(|share| (430..570).contains(share)), "of 1,000 runs: {shares:?}");
        for fault in Fault::ALL {
            let count = runs.iter().filter(|options| options.nemesis.contains(&fault)).count();
            assert!((430..570).contains(&count), "{fault:?} in {count} of 1,000 runs");
        }
    }

    #[test]
    fn nothing_befalls_a_machine_that_it_does_not_claim_to_survive() {
        for seed in 0..100 {
            let options = drawn(seed, Claims::default());
            assert!(!options.hazards.reach_services);
            assert!(!options.nemesis.contains(&Fault::Kill));
        }
    }

    #[test]
    fn a_run_of_a_swarm_follows_from_its_seed() {
        assert_eq!(drawn(3, Claims::default()), drawn(3, Claims::default()));
        assert_ne!(drawn(3, Claims::default()).hazards, drawn(4, Claims::default()).hazards);
    }
}
