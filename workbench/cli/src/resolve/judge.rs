//! Values of flags, one by one.

use crate::arguments::{RunArguments, SimArguments};
use crate::patience::PatienceArguments;
use crate::suggest;
use bench::options::{
    Availability, Disks, Fault, Hazards, Latency, LatencyDistribution, Topology, Unsynced, Workload,
};
use bench::script::Scripted;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;
use worlds::scenario::{Foreign, OurMachine};

/// More operations a second than any machine can do; more would only be a slip.
const MOST_OPERATIONS_A_SECOND: u32 = 1_000_000;
/// Keys in use at a time. All but the last few dozen are hardly ever drawn.
const MOST_KEYS: usize = 1_000_000;
/// Longest time that a flag can ask for: a century. Anything longer is a slip, and sums of times must not overflow.
pub(super) const LONGEST_SECONDS: i64 = 100 * 366 * 86400;
/// Most nodes. Each is a process with three pipes.
const MOST_NODES: i64 = 10_000;
/// Most client threads.
const MOST_CLIENTS: usize = 1_000_000;

/// The nodes of a test that names none.
pub(super) const DEFAULT_NODES: [&str; 5] = ["n1", "n2", "n3", "n4", "n5"];

/// Judges values one by one. A wrong one leaves a line and a stand-in.
#[derive(Debug, Default)]
pub(super) struct Judge {
    pub(super) mistakes: Vec<String>,
}

impl Judge {
    /// The value is of the right kind, but not allowed.
    pub(super) fn invalid(&mut self, flag: &str, text: &str, why: impl Display) {
        self.mistakes.push(format!("Failed to validate \"{flag} {text}\": {why}"));
    }

    /// A number that is allowed.
    pub(super) fn number<N: FromStr + Default>(
        &mut self,
        flag: &str,
        text: &str,
        rule: &str,
        allowed: impl Fn(&N) -> bool,
    ) -> N {
        match text.parse() {
            Ok(number) if allowed(&number) => return number,
            Ok(_) => self.invalid(flag, text, rule),
            Err(_) => {
                self.mistakes.push(format!("Error while parsing option \"{flag} {text}\": {rule}"));
            }
        }
        N::default()
    }

    /// How many, from one on.
    pub(super) fn count<N: TryFrom<i64> + Default>(&mut self, most: i64, flag: &str, text: &str) -> N {
        let is_too_much = text.parse::<i64>().is_ok_and(|number| number > most);
        let rule =
            if is_too_much { format!("Must be at most {most}") } else { "Must be a positive integer".into() };
        let number = self.number(flag, text, &rule, |number: &i64| (1..=most).contains(number));
        N::try_from(number).unwrap_or_default()
    }

    /// File, then `--node-count` or else `--nodes`, then each `-n`; five nodes if there is none of them.
    pub(super) fn nodes(&mut self, arguments: &RunArguments) -> Vec<String> {
        let mut nodes = Vec::new();
        if let Some(path) = &arguments.nodes_file {
            nodes.extend(self.names_in(path));
        }
        if let Some(count) = &arguments.node_count {
            nodes.extend(
                (0..self.count::<u64>(MOST_NODES, "--node-count", count)).map(|index| format!("n{index}")),
            );
        } else if let Some(list) = &arguments.nodes {
            nodes.extend(comma_list(list));
        }
        nodes.extend(arguments.node.iter().cloned());
        let named = arguments.nodes_file.is_some()
            || arguments.node_count.is_some()
            || arguments.nodes.is_some()
            || !arguments.node.is_empty();
        if !named {
            nodes.extend(DEFAULT_NODES.map(str::to_owned));
        }
        self.check_names(&nodes);
        nodes
    }

    pub(super) fn names_in(&mut self, path: &Path) -> Vec<String> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
            }
            Err(error) => {
                self.invalid("--nodes-file", &path.display().to_string(), error);
                Vec::new()
            }
        }
    }

    /// Messages find their way by name, so a name is one node's alone, and not a service's.
    pub(super) fn check_names(&mut self, nodes: &[String]) {
        let mut sorted: Vec<&String> = nodes.iter().collect();
        sorted.sort();
        for pair in sorted.windows(2).filter(|pair| pair[0] == pair[1]) {
            self.mistakes.push(format!("Two nodes are called \"{}\"", pair[0]));
        }
        let services = ["lin-kv", "lww-kv", "lin-tso", "seq-kv"];
        for name in nodes.iter().filter(|name| services.contains(&name.as_str())) {
            self.mistakes.push(format!("A node cannot be called \"{name}\": that is a service"));
        }
        let is_clients = |name: &str| {
            name.strip_prefix('c')
                .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        for name in nodes.iter().filter(|name| is_clients(name)) {
            self.mistakes.push(format!("A node cannot be called \"{name}\": clients are"));
        }
        if self.mistakes.is_empty() && nodes.is_empty() {
            self.mistakes.push("There must be at least one node".to_owned());
        }
    }

    pub(super) fn workload(&mut self, text: &str) -> Workload {
        let found = Workload::ALL.into_iter().find(|workload| workload.name() == text);
        found.unwrap_or_else(|| {
            let names = Workload::ALL.map(Workload::name);
            let meant = suggest::did_you_mean(text, names);
            self.invalid("--workload", text, format!("Must be one of {}{meant}", names.join(", ")));
            Workload::Echo
        })
    }

    /// The machine of this name, or else the one that is meant for the workload.
    pub(super) fn machine(
        &mut self,
        name: Option<&str>,
        workload: Workload,
        foreign: Option<Foreign>,
    ) -> Option<OurMachine> {
        if let Some(foreign) = foreign {
            let serves = foreign.workloads.contains(&workload);
            if !serves {
                let names: Vec<&str> = foreign.workloads.iter().map(|workload| workload.name()).collect();
                let rule = format!("{} serves {}", foreign.name, names.join(", "));
                self.invalid("--workload", workload.name(), rule);
            }
            return serves.then_some(OurMachine::Foreign(foreign));
        }
        let serves = |machine: &OurMachine| machine.workloads().contains(&workload);
        let Some(name) = name else {
            let found = OurMachine::for_workload(workload);
            if found.is_none() {
                self.mistakes.push(format!("There is no machine for the workload {} yet", workload.name()));
            }
            return found;
        };
        let found = OurMachine::ALL.into_iter().filter(serves).find(|machine| machine.name() == name);
        if found.is_none() {
            let names: Vec<&str> = OurMachine::ALL
                .iter()
                .filter(|machine| serves(machine))
                .map(|machine| machine.name())
                .collect();
            let rule = format!("For {}, must be one of {}", workload.name(), names.join(", "));
            self.invalid("--machine", name, rule);
        }
        found
    }

    /// Known models, or none at all for a slip.
    pub(super) fn models(&mut self, text: Option<&str>) -> Vec<String> {
        let names = comma_list(text.unwrap_or("strict-serializable"));
        if names.is_empty() {
            let why = "There is no model in it, so nothing would be judged";
            self.invalid("--consistency-models", text.unwrap_or_default(), why.to_owned());
        }
        for name in names.iter().filter(|name| !judge::consistency_models().any(|known| known == *name)) {
            let meant = suggest::did_you_mean(name, judge::consistency_models());
            let why = format!("There is no consistency model \"{name}\"{meant}");
            self.invalid("--consistency-models", text.unwrap_or_default(), why);
        }
        names
    }

    pub(super) fn concurrency(&mut self, text: &str, nodes: usize) -> usize {
        let (digits, factor) = text.strip_suffix('n').map_or((text, 1), |digits| (digits, nodes));
        let only_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let clients =
            digits.parse().ok().filter(|_| only_digits).and_then(|count: usize| count.checked_mul(factor));
        match clients {
            Some(clients) if (1..=MOST_CLIENTS).contains(&clients) => clients,
            // There being no nodes is a mistake of its own.
            Some(0) if nodes == 0 => 0,
            _ => {
                self.invalid("--concurrency", text, "Must be an integer, optionally followed by n");
                0
            }
        }
    }

    pub(super) fn rate(&mut self, text: &str) -> f64 {
        let rule = format!("Must be a number from 0 to {MOST_OPERATIONS_A_SECOND}");
        let allowed = 0.0..=f64::from(MOST_OPERATIONS_A_SECOND);
        self.number("--rate", text, &rule, |rate: &f64| allowed.contains(rate))
    }

    pub(super) fn latency(&mut self, mean: &str, distribution: &str) -> Latency {
        let rule = "Must be an integer of at least 0";
        let allowed = 0..=LONGEST_SECONDS * 1000;
        let mean_ms =
            self.number("--latency", mean, rule, |mean: &i64| allowed.contains(mean)).unsigned_abs();
        let distribution = LatencyDistribution::named(distribution).unwrap_or_else(|| {
            self.invalid("--latency-dist", distribution, "Must be one of constant, uniform, exponential");
            LatencyDistribution::Constant
        });
        // Maelstrom crashes here, in the middle of the run.
        if mean_ms == 0 && distribution != LatencyDistribution::Constant && self.mistakes.is_empty() {
            self.mistakes.push("--latency-dist uniform and exponential need a --latency above 0".to_owned());
        }
        Latency { mean_ms, distribution }
    }

    pub(super) fn hazards(&mut self, arguments: &RunArguments) -> Hazards {
        Hazards {
            loss: self.probability("--loss", &arguments.loss),
            duplication: self.probability("--duplication", &arguments.duplication),
            reordering: self.probability("--reordering", &arguments.reordering),
            reach_services: arguments.service_faults,
            ..Hazards::default()
        }
    }

    pub(super) fn probability(&mut self, flag: &str, text: &str) -> f64 {
        self.number(flag, text, "Must be a number from 0 to 1", |share: &f64| (0.0..=1.0).contains(share))
    }

    /// In millionths: a clock must not depend on how floats are rounded.
    pub(super) fn drift(&mut self, text: &str) -> u32 {
        let rule = "Must be a number from 0 to 0.5";
        (self.number("--drift", text, rule, |share: &f64| (0.0..=0.5).contains(share)) * 1e6).round() as u32
    }

    pub(super) fn disks(&mut self, arguments: &SimArguments) -> Option<Disks> {
        let SimArguments { data, sync, unsynced, disk_full, .. } = arguments;
        if !data && (sync.is_some() || unsynced.is_some() || disk_full.is_some()) {
            self.mistakes
                .push("--sync, --unsynced and --disk-full are of disks: they need --data".to_owned());
        }
        let default = Disks::default();
        let named = |text: &String| Unsynced::named(text);
        let unsynced = unsynced.as_ref().map(|text| {
            named(text).unwrap_or_else(|| {
                self.invalid("--unsynced", text, "Must be one of any, kept, lost, torn");
                default.unsynced
            })
        });
        let disks = Disks {
            sync: sync.as_ref().map_or(default.sync, |text| self.duration("--sync", text)),
            unsynced: unsynced.unwrap_or(default.unsynced),
            full: disk_full.as_ref().map_or(default.full, |text| self.probability("--disk-full", text)),
        };
        data.then_some(disks)
    }

    pub(super) fn script(&mut self, lines: &[String], nodes: &[String]) -> Vec<Scripted> {
        let mut script = Vec::new();
        for line in lines {
            match Scripted::read(line, nodes) {
                Ok(scripted) => script.push(scripted),
                Err(why) => self.mistakes.push(format!("--at {line:?}: {why}")),
            }
        }
        script.sort_by_key(|scripted| scripted.at);
        script
    }

    /// Flags that a swarm would have to overrule are refused.
    pub(super) fn swarm(&mut self, arguments: &SimArguments) {
        let run = &arguments.run;
        let rates = [&run.loss, &run.duplication, &run.reordering, &arguments.drift];
        let of_disks = [&arguments.sync, &arguments.unsynced, &arguments.disk_full];
        let asks = run.nemesis.is_some()
            || run.service_faults
            || arguments.slow.is_some()
            || of_disks.into_iter().any(Option::is_some);
        if arguments.swarm && (asks || rates.into_iter().any(|rate| rate != "0")) {
            self.mistakes
                .push("--swarm draws the faults by itself: leave out the flags that ask for some".to_owned());
        }
    }

    pub(super) fn nemesis(&mut self, text: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for name in comma_list(text) {
            match Fault::ALL.into_iter().find(|fault| fault.name() == name) {
                Some(fault) if faults.contains(&fault) => {}
                Some(fault) => faults.push(fault),
                None => {
                    let names = Fault::ALL.map(Fault::name);
                    let meant = suggest::did_you_mean(&name, names);
                    self.invalid("--nemesis", text, format!("Faults must be of {}{meant}", names.join(", ")));
                }
            }
        }
        faults
    }

    /// A time between two faults, in seconds.
    pub(super) fn interval(&mut self, flag: &str, text: &str) -> Duration {
        let rule = "Must be a number of at least 0.001";
        let allowed = 0.001..=LONGEST_SECONDS as f64;
        let seconds = self.number(flag, text, rule, |seconds: &f64| allowed.contains(seconds));
        Duration::from_secs_f64(seconds)
    }

    pub(super) fn key_count(&mut self, text: &str) -> usize {
        let rule = format!("Must be an integer from 1 to {MOST_KEYS}");
        let keys = self.number("--key-count", text, &rule, |keys: &usize| (1..=MOST_KEYS).contains(keys));
        keys.max(1)
    }

    /// A time above zero, in seconds.
    pub(super) fn seconds(&mut self, flag: &str, text: &str) -> Duration {
        let allowed = |seconds: &f64| *seconds > 0.0 && *seconds <= LONGEST_SECONDS as f64;
        Duration::from_secs_f64(self.number(flag, text, "Must be a number above 0", allowed))
    }

    /// A time with its unit, as nodes take it: `350ms`, `1.5s`.
    pub(super) fn duration(&mut self, flag: &str, text: &str) -> Duration {
        let (number, unit_in_seconds) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
            (Some(number), _) => (number, 0.001),
            (None, Some(number)) => (number, 1.0),
            (None, None) => ("", 0.0),
        };
        let seconds = number.parse().map_or(0.0, |number: f64| number * unit_in_seconds);
        if (0.001..=LONGEST_SECONDS as f64).contains(&seconds) {
            return Duration::from_secs_f64(seconds);
        }
        self.invalid(flag, text, "Must be a time of at least 1ms, such as 350ms or 1.5s");
        Duration::default()
    }

    pub(super) fn seconds_or(&mut self, default: Duration, flag: &str, text: Option<&str>) -> Duration {
        text.map_or(default, |text| self.seconds(flag, text))
    }

    pub(super) fn patience(&mut self, arguments: &PatienceArguments) -> Option<Duration> {
        arguments.limit().unwrap_or_else(|mistake| {
            self.mistakes.push(mistake);
            None
        })
    }

    pub(super) fn topology(&mut self, text: &str) -> Topology {
        Topology::named(text).unwrap_or_else(|| {
            let rule = "Must be one of grid, line, total, tree, tree2, tree3, tree4";
            self.invalid("--topology", text, rule);
            Topology::Grid
        })
    }

    pub(super) fn availability(&mut self, text: &str) -> Availability {
        if text == "total" {
            return Availability::Total;
        }
        let rule = "Must be total, or a number from 0 to 1";
        let share = self.number("--availability", text, rule, |share: &f64| (0.0..=1.0).contains(share));
        Availability::AtLeast(share)
    }
}

/// Words between commas. Blanks around them are not part of them; Maelstrom is stricter about `--consistency-models`,
/// where it takes `a,b` for one name.
pub(super) fn comma_list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
