//! The flags of `test` and `sim` (§1.2): their names, and how words on the command line become their values.
//!
//! Values are taken as text here and judged in [`super::resolve`], all of them, so that every mistake is named at once
//! and in the words that Maelstrom's users know.

use super::patience::PatienceArguments;
use super::suggest;
use clap::{ArgMatches, Args, Command, FromArgMatches, Parser};
use std::ffi::OsString;
use std::path::PathBuf;

const TEST_EXAMPLES: &str = "\
Examples:
  workbench test -w echo --bin ./my-node --node-count 1 --time-limit 10
  workbench test -w broadcast --bin ./my-node --node-count 5 --rate 10 --nemesis partition,kill
  workbench test -w unique-ids --bin python3 --availability total -- my_node.py --verbose
Everything that the run said and did is in store/latest/ afterwards.";
const SIM_EXAMPLES: &str = "\
Examples:
  workbench sim -w broadcast --node-count 25 --rate 100 --latency 100 --seed 7
  workbench sim -w kafka --node-count 5 --nemesis partition,pause --seeds 1000";

/// `workbench test`: judge a program's processes, in wall time.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = TEST_EXAMPLES)]
pub(super) struct TestArguments {
    /// Program to test; each node is one process of it (required)
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    pub(super) bin: Option<PathBuf>,
    /// Arguments for the program; those that begin with a dash go after `--`
    #[arg(value_name = "BIN-ARGUMENTS")]
    pub(super) bin_arguments: Vec<String>,
    #[command(flatten)]
    pub(super) run: RunArguments,
    /// How often to repeat the test; the first run that is not valid is the last
    #[arg(long, value_name = "NUM", default_value = "1", allow_hyphen_values = true)]
    pub(super) test_count: String,
    #[command(flatten)]
    pub(super) hunt: HuntArguments,
    #[command(flatten)]
    pub(super) output: OutputArguments,
    /// Leave the nodes' processes alive at the end
    #[arg(long)]
    pub(super) leave_db_running: bool,
    /// Write jepsen.log as lines of JSON
    #[arg(long)]
    pub(super) logging_json: bool,
    #[command(flatten)]
    ignored: IgnoredArguments,
}

/// `workbench sim`: judge this project's own machines, in virtual time.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true, after_help = SIM_EXAMPLES)]
pub(super) struct SimArguments {
    /// What runs on the nodes, where there is a choice: counter or counter-kv; txn, txn-strict or in-service; lin-kv or
    /// in-service [default: the first]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    pub(super) machine: Option<String>,
    /// Let clocks run too fast or too slow, by up to this share: 0.01 is one second in 100
    #[arg(long, value_name = "SHARE", default_value = "0", allow_hyphen_values = true)]
    pub(super) drift: String,
    /// Make a third of the nodes slow: up to so long over each message
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) slow: Option<String>,
    /// Give each node a disk for what it must not forget; without, nodes that are killed forget everything
    #[arg(long)]
    pub(super) data: bool,
    /// How long a sync of these disks takes, at the most [default: 1ms]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) sync: Option<String>,
    /// What becomes of what was not synced when its node dies: kept, lost, torn, any [default: any]
    #[arg(long, value_name = "FATE", allow_hyphen_values = true)]
    pub(super) unsynced: Option<String>,
    /// Probability that a disk is full when it is written to: the node ends, and is started again in a while
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub(super) disk_full: Option<String>,
    /// Break or mend something at a moment: '2.5s cut n0 n1', '2s split n0 n1', '4s heal', '3s kill n0', '5s start',
    /// '3s pause n2', '4s resume'; as often as wanted
    #[arg(long, value_name = "ACT", allow_hyphen_values = true)]
    pub(super) at: Vec<String>,
    /// Draw from the seed which faults there are and how bad; in place of all flags that ask for faults
    #[arg(long)]
    pub(super) swarm: bool,
    /// Sweep: run so many seeds, from the one that --seed names, and summarise
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) seeds: Option<String>,
    /// Runs at a time in a sweep [default: one a processor]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) threads: Option<String>,
    /// Do not look for a smaller run that fails in the same way, when a sweep finds one that fails
    #[arg(long)]
    pub(super) no_shrink: bool,
    /// How often nodes speak to each other (broadcast, g-set), such as 350ms or 1.5s
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) round: Option<String>,
    /// Most children of a node in the tree that they form (broadcast, g-set)
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) fanout: Option<String>,
    #[command(flatten)]
    pub(super) run: RunArguments,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

/// A search for a run that fails, and for the smallest that does.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct HuntArguments {
    /// Run with up to so many seeds, until a run fails
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) seeds: Option<String>,
    /// When a run fails, look for a smaller one that fails in the same way: fewer nodes, operations and faults, less time;
    /// for so many seconds at most
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "120")]
    pub(super) shrink: Option<String>,
}

/// What is printed, and where else it goes.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct OutputArguments {
    /// Print the whole results map as well; results.edn has it in any case
    #[arg(long)]
    pub(super) results: bool,
    /// Print one line only: what the run came to
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Write what runs came to as JUnit's XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
}

/// What a run is asked to do, in either world.
#[derive(Args, Clone, Debug)]
pub(super) struct RunArguments {
    /// What clients do and what is checked: broadcast, echo, g-counter, g-set, kafka, lin-kv, pn-counter,
    /// txn-list-append, txn-rw-register, unique-ids
    #[arg(short, long, value_name = "NAME", default_value = "lin-kv", allow_hyphen_values = true)]
    pub(super) workload: String,
    /// Whether the workload was named; set after parsing.
    #[arg(skip)]
    pub(super) names_workload: bool,
    /// Number of nodes, named n0, n1, …; takes the place of --nodes
    #[arg(long, value_name = "NUM", allow_hyphen_values = true)]
    pub(super) node_count: Option<String>,
    /// Names of the nodes
    #[arg(long, value_name = "A,B,C", allow_hyphen_values = true)]
    pub(super) nodes: Option<String>,
    /// Name of one more node; can be given several times [default: n1 to n5, if nothing else names nodes]
    #[arg(short = 'n', long = "node", value_name = "NAME", allow_hyphen_values = true)]
    pub(super) node: Vec<String>,
    /// File with the names of nodes, one a line
    #[arg(long, value_name = "FILE")]
    pub(super) nodes_file: Option<PathBuf>,
    /// Number of clients at work at a time; followed by n, a multiple of the number of nodes
    #[arg(long, value_name = "NUMBER", default_value = "1n", allow_hyphen_values = true)]
    pub(super) concurrency: String,
    /// Length of the main phase, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", allow_hyphen_values = true)]
    pub(super) time_limit: String,
    /// Client operations per second, over the whole cluster; 0 for none
    #[arg(long, value_name = "HZ", default_value = "5", allow_hyphen_values = true)]
    pub(super) rate: String,
    /// Mean latency between nodes, in milliseconds
    #[arg(long, value_name = "MILLIS", default_value = "0", allow_hyphen_values = true)]
    pub(super) latency: String,
    /// How latencies spread: constant, uniform, exponential
    #[arg(long, value_name = "TYPE", default_value = "constant", allow_hyphen_values = true)]
    pub(super) latency_dist: String,
    /// Faults to inject, separated by commas: partition, kill, pause; not Maelstrom's: one-way-link, latency-spike
    #[arg(long, value_name = "FAULTS", allow_hyphen_values = true)]
    pub(super) nemesis: Option<String>,
    /// Mean time between the nemesis' operations, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", allow_hyphen_values = true)]
    pub(super) nemesis_interval: String,
    /// Probability that a message between nodes is lost
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true)]
    pub(super) loss: String,
    /// Probability that a message between nodes arrives twice
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true)]
    pub(super) duplication: String,
    /// Probability that a message between nodes is held up, and overtaken
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true)]
    pub(super) reordering: String,
    /// Let messages to and from services be lost, doubled and overtaken as well
    #[arg(long)]
    pub(super) service_faults: bool,
    /// Neighbours suggested to nodes in broadcast: grid, line, tree, tree2, tree3, tree4, total
    #[arg(long, value_name = "SPEC", default_value = "grid", allow_hyphen_values = true)]
    pub(super) topology: String,
    /// What share of the operations must be ok: total, or a number from 0 to 1
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub(super) availability: Option<String>,
    /// Models that transactions are held to, separated by commas [default: strict-serializable]
    #[arg(long, value_name = "MODELS", allow_hyphen_values = true)]
    pub(super) consistency_models: Option<String>,
    /// Keys active at one time (txn-*, kafka)
    #[arg(long, value_name = "INT", default_value = "10", allow_hyphen_values = true)]
    pub(super) key_count: String,
    /// Longest transaction (txn-*)
    #[arg(long, value_name = "INT", default_value = "4", allow_hyphen_values = true)]
    pub(super) max_txn_length: String,
    /// Writes to a key before a new one takes its place (txn-*, kafka)
    #[arg(long, value_name = "INT", default_value = "16", allow_hyphen_values = true)]
    pub(super) max_writes_per_key: String,
    /// Copy what nodes write to stderr into the main log
    #[arg(long)]
    pub(super) log_stderr: bool,
    /// Log every message as it enters the network
    #[arg(long)]
    pub(super) log_net_send: bool,
    /// Log every message as it is delivered
    #[arg(long)]
    pub(super) log_net_recv: bool,
    /// How long nodes may take to answer init, in seconds [default: 10]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(super) init_timeout: Option<String>,
    /// How long nodes have to recover before the final phase, in seconds [default: 10]
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub(super) recovery: Option<String>,
    #[command(flatten)]
    pub(super) patience: PatienceArguments,
    /// Number that everything random follows from [default: a random one, which is printed]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) seed: Option<String>,
}

/// Flags that Maelstrom takes from Jepsen; here everything is local.
#[derive(Args, Clone, Debug)]
struct IgnoredArguments {
    #[arg(long, hide = true, allow_hyphen_values = true)]
    username: Option<String>,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    password: Option<String>,
    #[arg(long, hide = true, allow_hyphen_values = true)]
    ssh_private_key: Option<String>,
    #[arg(long, hide = true)]
    strict_host_key_checking: bool,
    #[arg(long, hide = true)]
    no_ssh: bool,
}

/// A command's arguments, or why there are none.
#[derive(Debug)]
pub(super) enum NotParsed {
    /// Help was asked for; this is it.
    Help(String),
    /// One line for each mistake.
    Wrong(Vec<String>),
}

/// Whether words that make sense name a workload; it has a default, which people rarely mean.
pub(super) fn names_workload(words: &[OsString]) -> bool {
    let is_it = |word: &str| word.starts_with("-w") || word.split('=').next() == Some("--workload");
    words.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").any(is_it)
}

/// Reads the words after the command's name.
pub(super) fn parse<A: FromArgMatches + clap::CommandFactory>(
    name: &'static str,
    words: &[OsString],
) -> Result<A, NotParsed> {
    let mut command = A::command().name(name).bin_name(format!("workbench {name}")).no_binary_name(true);
    let matches = matches(&mut command, words)?;
    A::from_arg_matches(&matches).map_err(|error| NotParsed::Wrong(explain(&error, &command)))
}

/// Options that are not known are taken out and the rest is read again, so that all of them are named, and help is given
/// to whoever asks for it beside them.
fn matches(command: &mut Command, words: &[OsString]) -> Result<ArgMatches, NotParsed> {
    use clap::error::ErrorKind;
    let (mut words, mut mistakes) = (words.to_vec(), Vec::new());
    loop {
        match command.try_get_matches_from_mut(&words) {
            Ok(matches) if mistakes.is_empty() => return Ok(matches),
            Ok(_) => return Err(NotParsed::Wrong(mistakes)),
            Err(error) if error.kind() == ErrorKind::DisplayHelp => {
                return Err(NotParsed::Help(error.render().to_string()));
            }
            Err(error) => {
                mistakes.extend(explain(&error, command));
                match unknown_option(&error, &words) {
                    Some(position) => drop(words.remove(position)),
                    None => return Err(NotParsed::Wrong(mistakes)),
                }
            }
        }
    }
}

/// Where the option is that the error calls unknown.
fn unknown_option(error: &clap::Error, words: &[OsString]) -> Option<usize> {
    use clap::error::{ContextKind, ErrorKind};
    let subject =
        error.get(ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let subject = subject.to_string();
    let is_it =
        |word: &&str| *word == subject || word.split_once('=').is_some_and(|(name, _)| name == subject);
    words.iter().position(|word| word.to_str().as_ref().is_some_and(is_it))
}

/// A mistake in the words of Clojure's tools.cli.
fn explain(error: &clap::Error, command: &Command) -> Vec<String> {
    use clap::error::{ContextKind, ErrorKind};
    let subject = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let value = error.get(ContextKind::InvalidValue).map(ToString::to_string).unwrap_or_default();
    let line = match error.kind() {
        ErrorKind::UnknownArgument => {
            let known = command.get_arguments().filter_map(|argument| argument.get_long());
            let known = known.map(|long| format!("--{long}"));
            let meant = suggest::did_you_mean(subject.split('=').next().unwrap_or_default(), known);
            format!("Unknown option: \"{subject}\"{meant}")
        }
        ErrorKind::InvalidValue if error.get(ContextKind::ValidValue).is_some() && !value.is_empty() => {
            let valid = error.get(ContextKind::ValidValue).map(ToString::to_string).unwrap_or_default();
            format!("\"{value}\" is no value for \"{}\": must be one of {valid}", in_full(&subject, command))
        }
        ErrorKind::InvalidValue | ErrorKind::NoEquals | ErrorKind::WrongNumberOfValues => {
            format!("Missing required argument for \"{}\"", in_full(&subject, command))
        }
        ErrorKind::TooManyValues => format!("Option takes no value: \"{subject}\""),
        _ => error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    vec![line]
}

/// `-w WORKLOAD` style, however clap spells it.
fn in_full(subject: &str, command: &Command) -> String {
    let matching = command.get_arguments().find(|argument| argument.to_string() == subject);
    let Some(argument) = matching else { return subject.replace(['<', '>'], "") };
    let long = argument.get_long().unwrap_or_default();
    let short = argument.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = argument.get_value_names().and_then(|names| names.first()).map(|name| format!(" {name}"));
    format!("{short}--{long}{}", value.unwrap_or_default())
}
