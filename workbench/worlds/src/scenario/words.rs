//! A scenario as the words of a command line: all that differs from the defaults, and always the nodes and the seed.

use super::{OurMachine, Scenario};
use bench::options::{Availability, Disks, Hazards, LatencyDistribution, Options, Topology};
use std::fmt;
use std::time::Duration;

impl Scenario {
    /// The words that `workbench sim` reads as this scenario. (What goes to the log is left out.)
    pub fn words(&self) -> Vec<String> {
        let mut words = Words { words: vec!["-w".into(), self.options.workload.name().into()] };
        let is_foreign = matches!(self.machine, OurMachine::Foreign(_));
        if !is_foreign && Some(self.machine) != OurMachine::for_workload(self.options.workload) {
            words.add("--machine", self.machine.name());
        }
        words.add_if(self.round, "--round", |round| milliseconds(&round));
        words.add_if(self.fan_out, "--fanout", |fan_out| fan_out.to_string());
        words.run(&self.options);
        words.words
    }
}

/// The words that ask for a run with these options, in either world.
pub fn words(options: &Options) -> Vec<String> {
    let mut words = Words { words: vec!["-w".into(), options.workload.name().into()] };
    words.run(options);
    words.words
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shell_words::join(self.words()))
    }
}

struct Words {
    words: Vec<String>,
}

impl Words {
    fn add(&mut self, flag: &str, value: impl ToString) {
        self.words.extend([flag.to_owned(), value.to_string()]);
    }

    fn add_if<T>(&mut self, value: Option<T>, flag: &str, text: impl FnOnce(T) -> String) {
        if let Some(value) = value {
            self.add(flag, text(value));
        }
    }

    /// Adds a flag unless the value is the one that it has without.
    fn add_unless<T: PartialEq>(
        &mut self,
        default: &T,
        value: &T,
        flag: &str,
        text: impl FnOnce(&T) -> String,
    ) {
        self.add_if((value != default).then_some(value), flag, text);
    }

    fn run(&mut self, options: &Options) {
        self.cluster(options);
        self.load(options);
        self.faults(options);
        self.script(options);
        self.hazards(options.hazards);
        self.disks(options.disks);
        self.demands(options);
    }

    fn cluster(&mut self, options: &Options) {
        let counted = (0..options.nodes.len()).map(|node| format!("n{node}"));
        if counted.eq(options.nodes.iter().cloned()) {
            self.add("--node-count", options.nodes.len());
        } else if options.nodes.iter().all(|name| can_be_listed(name)) {
            self.add("--nodes", options.nodes.join(","));
        } else {
            options.nodes.iter().for_each(|name| self.add("-n", name));
        }
        self.add_unless(&options.nodes.len(), &options.concurrency, "--concurrency", usize::to_string);
        self.add_unless(&Topology::Grid, &options.topology, "--topology", |topology| topology.name());
    }

    fn load(&mut self, options: &Options) {
        let default = defaults(options);
        self.add_unless(&default.time_limit, &options.time_limit, "--time-limit", |time| {
            time.as_secs().to_string()
        });
        self.add_unless(&default.rate, &options.rate, "--rate", f64::to_string);
        self.add_unless(&default.key_count, &options.key_count, "--key-count", usize::to_string);
        self.add_unless(
            &default.max_txn_length,
            &options.max_txn_length,
            "--max-txn-length",
            usize::to_string,
        );
        let (least, most) = (&default.max_writes_per_key, &options.max_writes_per_key);
        self.add_unless(least, most, "--max-writes-per-key", i64::to_string);
        self.add_unless(&default.init_timeout, &options.init_timeout, "--init-timeout", seconds);
        self.add_unless(&default.recovery, &options.recovery, "--recovery", seconds);
    }

    fn faults(&mut self, options: &Options) {
        let default = defaults(options);
        let latency = options.latency;
        self.add_unless(&default.latency.mean_ms, &latency.mean_ms, "--latency", u64::to_string);
        let name = |distribution: &LatencyDistribution| distribution.name().to_owned();
        self.add_unless(&default.latency.distribution, &latency.distribution, "--latency-dist", name);
        let names: Vec<&str> = options.nemesis.iter().map(|fault| fault.name()).collect();
        self.add_unless(&Vec::new(), &names, "--nemesis", |names| names.join(","));
        self.add_unless(&default.nemesis_interval, &options.nemesis_interval, "--nemesis-interval", seconds);
    }

    fn script(&mut self, options: &Options) {
        options.script.iter().for_each(|scripted| self.add("--at", scripted.text(&options.nodes)));
    }

    fn hazards(&mut self, hazards: Hazards) {
        let shares = [
            ("--loss", hazards.loss),
            ("--duplication", hazards.duplication),
            ("--reordering", hazards.reordering),
        ];
        shares.iter().for_each(|(flag, share)| self.add_unless(&0.0, share, flag, f64::to_string));
        if hazards.reach_services {
            self.words.push("--service-faults".to_owned());
        }
        self.add_unless(&0, &hazards.drift_ppm, "--drift", |ppm| (f64::from(*ppm) / 1e6).to_string());
        self.add_unless(&Duration::ZERO, &hazards.slowness, "--slow", milliseconds);
    }

    fn disks(&mut self, disks: Option<Disks>) {
        let Some(disks) = disks else { return };
        let default = Disks::default();
        self.words.push("--data".to_owned());
        self.add_unless(&default.sync, &disks.sync, "--sync", milliseconds);
        self.add_unless(&default.unsynced, &disks.unsynced, "--unsynced", |unsynced| {
            unsynced.name().to_owned()
        });
        self.add_unless(&default.full, &disks.full, "--disk-full", f64::to_string);
    }

    fn demands(&mut self, options: &Options) {
        self.add_if(options.availability, "--availability", |availability| match availability {
            Availability::Total => "total".into(),
            Availability::AtLeast(share) => share.to_string(),
        });
        let default = defaults(options).consistency_models;
        self.add_unless(&default, &options.consistency_models, "--consistency-models", |models| {
            models.join(",")
        });
        self.add_if(options.analysis_timeout, "--analysis-timeout", |limit| seconds(&limit));
        self.add("--seed", options.seed);
    }
}

/// Whether a name comes out of a list between commas as it went in.
fn can_be_listed(name: &str) -> bool {
    !name.is_empty() && !name.contains(',') && name.trim() == name
}

fn defaults(options: &Options) -> Options {
    Options::new(options.workload, options.nodes.len())
}

fn seconds(duration: &Duration) -> String {
    duration.as_secs_f64().to_string()
}

fn milliseconds(duration: &Duration) -> String {
    format!("{}ms", duration.as_secs_f64() * 1000.0)
}
