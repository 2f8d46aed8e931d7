//! `workbench lab`: a page on this computer in which one plays with a cluster. Each change of a control is a run in virtual time,
//! judged and drawn by the same code as any other: the controls come to the words of `workbench sim`, which are read as if they had
//! been typed, so the page's command gives the very run that it shows.
//!
//! Runs are asked for with POST, which [`server`](crate::server) takes from pages of its own only: no page of somebody else can have
//! this computer work for it. Nothing is written anywhere.

use super::arguments;
use super::challenged::challenged;
use super::patience::within;
use super::verdict::Exit;
use super::{read_scenario, refuse, say};
use crate::server::{Method, Request, Response, Server};
use bench::options::{Fault, LatencyDistribution, Options, Workload};
use clap::Parser;
use edn::Value;
use report::Subject;
use report::lab::{Lab, Slider};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;
use worlds::scenario::{OurMachine, Scenario};
use worlds::{replay, simulated};

/// `workbench lab`: a page in which one plays with a cluster.
#[derive(Clone, Debug, Parser)]
#[command(
    args_override_self = true,
    after_help = "Examples:\n  workbench lab          at http://127.0.0.1:8081"
)]
pub(super) struct LabArguments {
    /// Port to listen on; 0 for any that is free
    #[arg(short, long, value_name = "PORT", default_value_t = 8081)]
    port: u16,
}

/// Runs to begin with.
const EXAMPLES: [(&str, &str); 7] = [
    (
        "a partition heals",
        "-w broadcast --node-count 5 --time-limit 8 --rate 10 --latency 50 --at '2s split n3 n4' --at '5s heal' --seed 1",
    ),
    (
        "the hub dies",
        "-w broadcast --node-count 5 --time-limit 8 --rate 10 --latency 50 --at '2s kill n0' --at '5s start' --seed 1",
    ),
    (
        "the hub dies, with disks",
        "-w broadcast --node-count 5 --time-limit 8 --rate 10 --latency 50 --at '2s kill n0' --at '5s start' --data --seed 1",
    ),
    (
        "rounds that meet: 25 nodes, 100 ms apart",
        "-w broadcast --node-count 25 --time-limit 10 --rate 50 --latency 100 --seed 1",
    ),
    (
        "rounds that cannot meet: latencies that vary cost more",
        "-w broadcast --node-count 25 --time-limit 10 --rate 50 --latency 100 --latency-dist exponential --seed 1",
    ),
    (
        "a log while a node is cut off: new messages wait",
        "-w kafka --node-count 3 --concurrency 2n --time-limit 8 --rate 20 --latency 20 --at '2s split n2' --at '6s heal' --seed 1",
    ),
    (
        "a split vote: nodes stand at once, and none is elected",
        "-w lin-kv --node-count 5 --concurrency 4n --time-limit 8 --rate 10 --latency 100 --at '3s kill n0' --seed 2",
    ),
];
/// Operations that one run may have: more would keep a page waiting, and a processor busy.
const MOST_OPERATIONS: f64 = 40_000.0;
const MOST_NODES: usize = 50;
/// Faults with a switch of their own.
const SWITCHES: [(&str, &str, Fault); 3] = [
    ("partition", "partitions at random", Fault::Partition),
    ("kill", "kills at random", Fault::Kill),
    ("pause", "pauses at random", Fault::Pause),
];

/// Carries out the command. It ends when it is interrupted.
pub(super) fn command(words: &[OsString]) -> Exit {
    let arguments: LabArguments = match arguments::parse("lab", words) {
        Ok(arguments) => arguments,
        Err(reason) => return refuse(reason),
    };
    let port = arguments.port;
    let server = match Server::bind("127.0.0.1", port) {
        Ok(server) => server,
        Err(error) => {
            say(&format!("Cannot listen on 127.0.0.1:{port}: {error}. Choose another port with -p"));
            return Exit::Crashed;
        }
    };
    say(&format!("The lab is at http://{}/ until you press Ctrl-C", server.address()));
    let Err(error) = server.serve(&answer);
    say(&format!("The server cannot go on: {error}"));
    Exit::Crashed
}

fn answer(request: &Request) -> Response {
    if request.path != "/" {
        return Response::words(404, "There is nothing here. The lab is at /.");
    }
    match request.method {
        Method::Get => Response::page(page(EXAMPLES[0].1)),
        Method::Post => Response::page(page(&words(&fields(&request.body)))),
    }
}

/// The page of the run that these words ask for, or what is wrong with them.
fn page(words: &str) -> String {
    let scenario = read_scenario(words).and_then(|scenario| {
        let mistakes = too_much(&scenario);
        if mistakes.is_empty() { Ok(scenario) } else { Err(mistakes) }
    });
    let scenario = match scenario {
        Ok(scenario) => scenario,
        Err(mistakes) => {
            let first = read_scenario(EXAMPLES[0].1).expect("the examples make sense");
            return report::page::mistaken(&Lab { mistakes, ..controls(&first) });
        }
    };
    let record = simulated::run(scenario.options.clone(), scenario.programs());
    let results = record
        .came_to_an_end()
        .then(|| within(record.options.analysis_timeout, |patience| record.judge_within(patience)));
    let states = replay::states(&scenario, &record);
    let value = results.as_ref().map_or(&Value::Nil, |results| &results.value);
    let lab = controls(&scenario);
    let subject = Subject {
        challenged: challenged(&record.options, value, None),
        states: Some(&states),
        lab: Some(&lab),
        ..Subject::new(&record, results.as_ref())
    };
    report::page::report(&subject)
}

fn too_much(scenario: &Scenario) -> Vec<String> {
    let Options { rate, time_limit, nodes, .. } = &scenario.options;
    let mut mistakes = Vec::new();
    if rate * time_limit.as_secs_f64() > MOST_OPERATIONS {
        mistakes.push(format!(
            "A run here has {MOST_OPERATIONS} operations at the most; workbench sim has no such limit."
        ));
    }
    if nodes.len() > MOST_NODES {
        mistakes.push(format!(
            "A cluster here has {MOST_NODES} nodes at the most; workbench sim has no such limit."
        ));
    }
    mistakes
}

/// The fields of a form, by name.
fn fields(body: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter_map(|field| field.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// `a+b%41` is `a bA`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|_| first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(if first == b'+' { b' ' } else { first }));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the controls come to, as the words of a command line.
fn words(fields: &BTreeMap<String, String>) -> String {
    let field = |name: &str| fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
    if let Some(words) = field("words") {
        return words.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
    let (workload, machine) =
        field("machine").and_then(|text| text.split_once('/')).unwrap_or(("broadcast", "broadcast"));
    add("-w", workload);
    add("--machine", machine);
    for (name, flag) in [
        ("nodes", "--node-count"),
        ("time-limit", "--time-limit"),
        ("rate", "--rate"),
        ("latency", "--latency"),
        ("seed", "--seed"),
    ] {
        field(name).into_iter().for_each(|value| add(flag, value));
    }
    let clients = field("clients").and_then(|value| value.parse::<usize>().ok()).unwrap_or(1);
    // Registers have a group of clients each, of twice the nodes (`doc/workloads.md`).
    let clients = if workload == "lin-kv" { clients.next_multiple_of(2) } else { clients };
    if clients != 1 {
        add("--concurrency", &format!("{clients}n"));
    }
    field("latency-dist").into_iter().for_each(|value| add("--latency-dist", value));
    field("round")
        .filter(|round| *round != "0")
        .into_iter()
        .for_each(|round| add("--round", &format!("{round}ms")));
    for name in ["loss", "duplication", "reordering"] {
        let percent = field(name).and_then(|value| value.parse::<f64>().ok()).unwrap_or_default();
        if percent > 0.0 {
            add(&format!("--{name}"), &(percent / 100.0).to_string());
        }
    }
    let faults: Vec<&str> =
        SWITCHES.iter().filter(|(name, ..)| field(name).is_some()).map(|(name, ..)| *name).collect();
    if !faults.is_empty() {
        add("--nemesis", &faults.join(","));
        add("--nemesis-interval", field("nemesis-interval").unwrap_or("2"));
    }
    field("script")
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim().is_empty())
        .for_each(|line| add("--at", line.trim()));
    if field("data").is_some() {
        words.push("--data".to_owned());
    }
    shell_words::join(words)
}

/// The controls as they stand for a scenario.
fn controls(scenario: &Scenario) -> Lab {
    let options = &scenario.options;
    let all = Workload::ALL.into_iter();
    let served = all.flat_map(|workload| {
        OurMachine::ALL
            .into_iter()
            .filter(move |machine| machine.workloads().contains(&workload))
            .map(move |machine| (workload, machine))
    });
    let machines = served.map(|(workload, machine)| {
        let (workload_name, name) = (workload.name(), machine.name());
        let label = if workload_name == name { name.to_owned() } else { format!("{name} ({workload_name})") };
        (
            format!("{workload_name}/{name}"),
            label,
            (workload, machine) == (options.workload, scenario.machine),
        )
    });
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let slider = |name, label, (least, most, step), value, unit| Slider {
        name,
        label,
        least,
        most,
        step,
        value,
        unit,
    };
    let percent =
        |name, share: f64| slider(name, name, (0.0, 50.0, 0.5), (share * 1000.0).round() / 10.0, "%");
    let lines: Vec<String> = options.script.iter().map(|scripted| scripted.text(&options.nodes)).collect();
    let clients = options.concurrency.div_ceil(options.nodes.len());
    let switches =
        SWITCHES.iter().map(|(name, label, fault)| (*name, *label, options.nemesis.contains(fault)));
    Lab {
        words: scenario.to_string(),
        machines: machines.collect(),
        sliders: vec![
            slider("nodes", "nodes", (1.0, 25.0, 1.0), options.nodes.len() as f64, ""),
            slider("time-limit", "length", (1.0, 30.0, 1.0), options.time_limit.as_secs_f64(), "s"),
            slider("rate", "load", (1.0, 500.0, 1.0), options.rate, "ops/s"),
            slider("clients", "clients a node", (1.0, 8.0, 1.0), clients as f64, ""),
            slider("latency", "latency", (0.0, 500.0, 5.0), options.latency.mean_ms as f64, "ms"),
            slider("round", "round (0: its own)", (0.0, 2000.0, 10.0), scenario.round.map_or(0.0, ms), "ms"),
            percent("loss", options.hazards.loss),
            percent("duplication", options.hazards.duplication),
            percent("reordering", options.hazards.reordering),
            slider(
                "nemesis-interval",
                "faults every",
                (0.5, 10.0, 0.5),
                options.nemesis_interval.as_secs_f64(),
                "s",
            ),
            slider("seed", "seed", (0.0, 100.0, 1.0), options.seed as f64, ""),
        ],
        switches: switches.chain([("data", "disks", options.disks.is_some())]).collect(),
        distributions: LatencyDistribution::ALL
            .map(|distribution| (distribution.name(), distribution == options.latency.distribution))
            .to_vec(),
        script: lines.join("\n"),
        nodes: options.nodes.clone(),
        examples: EXAMPLES.to_vec(),
        mistakes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_makes_sense_and_its_controls_come_to_the_same_run() {
        for (name, words) in EXAMPLES {
            let scenario = read_scenario(words).unwrap_or_else(|mistakes| panic!("{name}: {mistakes:?}"));
            assert!(too_much(&scenario).is_empty(), "{name}");
            let lab = controls(&scenario);
            let mut form = BTreeMap::new();
            for slider in &lab.sliders {
                form.insert(slider.name.to_owned(), slider.value.to_string());
            }
            let chosen = |(value, _, is_on): &(String, String, bool)| is_on.then(|| value.clone());
            form.insert("machine".to_owned(), lab.machines.iter().find_map(chosen).unwrap());
            let distribution = lab.distributions.iter().find(|(_, is_on)| *is_on).unwrap();
            form.insert("latency-dist".to_owned(), distribution.0.to_owned());
            form.insert("script".to_owned(), lab.script.clone());
            form.extend(
                lab.switches
                    .iter()
                    .filter(|switch| switch.2)
                    .map(|switch| (switch.0.to_owned(), "on".to_owned())),
            );
            let again = read_scenario(&super::words(&form)).unwrap();
            assert_eq!(again, scenario, "{name}");
        }
    }

    #[test]
    fn in_the_example_of_a_split_vote_a_term_has_several_candidates_and_no_leader() {
        let (_, words) = EXAMPLES.into_iter().find(|(name, _)| name.contains("split vote")).unwrap();
        let scenario = read_scenario(words).unwrap();
        let record = simulated::run(scenario.options.clone(), scenario.programs());
        let states = replay::states(&scenario, &record);
        let say = |what: &str| {
            let said = states.changes.iter().filter(|said| said.text.starts_with(what));
            said.map(|said| said.node).collect::<std::collections::BTreeSet<_>>()
        };
        assert!(say("term 2, elected by").len() >= 2, "{words}");
        assert!(say("term 2, leads").is_empty() && say("term 3, leads").len() == 1, "{words}");
    }

    #[test]
    fn a_run_is_drawn_with_its_controls_and_a_mistake_is_told_as_text() {
        let post = |body: &str| {
            let request = Request { method: Method::Post, path: "/".into(), query: None, body: body.into() };
            answer(&request).into_text()
        };
        let drawn = post("machine=echo%2Fecho&nodes=2&time-limit=1&rate=5&seed=3");
        assert!(
            drawn.contains("<h1>Valid</h1>") && drawn.contains("data-words=\"-w echo --node-count 2"),
            "{}",
            &drawn[..3000]
        );
        let drawn = post("machine=lin-kv%2Flin-kv&nodes=3&clients=1&time-limit=3&rate=5&seed=3");
        assert!(drawn.contains("--concurrency 2n"), "a machine that needs more clients gets them");
        let mistaken = post("words=-w+echo+--at+%22%3Cscript%3E%22");
        assert!(mistaken.contains("&lt;script&gt;") && !mistaken.contains("--at \"<script>"));
        assert!(post("words=-w+echo+--rate+1000000+--time-limit+60").contains("at the most"));
        assert!(post("words=-w+echo+--nodes+%FF%00+%").contains("lab"), "bytes of any kind are no trouble");
    }
}
