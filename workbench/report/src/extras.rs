//! What the results of some workloads come with: a directory for each key, texts and pictures of anomalies.

use crate::cycle::Cycle;
use crate::{faults, linear, orders, plots, proof, timeline, traffic};
use bench::options::{Options, Workload};
use edn::Value;
use judge::kafka::View;
use judge::{History, Op, Results, history};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use worlds::files::{file_name, naming, write, write_text};

/// Pictures of one kind. Whoever breaks hundreds of things need not see each: the first lead to the cause of all.
const MAX_PICTURES: usize = 24;

/// Writes what a workload's results come with: `independent/` for `lin-kv`, `elle/` for transactions and logs, and for logs
/// `orders/` and plots. What an earlier analysis left there goes.
pub fn write_extras(
    directory: &Path,
    options: &Options,
    history: &History,
    results: &Results,
) -> io::Result<()> {
    match options.workload {
        Workload::LinKv => independent(directory, history, &results.value),
        Workload::TxnListAppend | Workload::TxnRwRegister => anomalies(directory, results),
        Workload::Kafka => {
            anomalies(directory, results)?;
            logs(directory, options, history)
        }
        _ => Ok(()),
    }
}

/// In `independent/<key>/`: `results.edn` and `history.edn`, what was found about a key, and the operations on it, with the
/// indices that they have in the whole history and without the key in their values; `timeline.html`, those operations to look
/// at; and `linear.svg`, why they are not linearizable if they are not.
fn independent(directory: &Path, whole: &History, results: &Value) -> io::Result<()> {
    let directory = emptied(directory.join("independent"))?;
    let Some(Value::Map(by_key)) = results.get("workload").and_then(|workload| workload.get("results"))
    else {
        return Ok(());
    };
    for (key, results) in by_key {
        let directory = directory.join(file_name(&edn::print_bare(key)));
        fs::create_dir_all(&directory).map_err(naming(&directory))?;
        write(&directory.join("results.edn"), |out| writeln!(out, "{}", edn::pretty(results)))?;
        let part = History::new(whole.ops.iter().filter_map(|op| about(key, op)).collect());
        write(&directory.join("history.edn"), |out| history::write_edn(&part, out))?;
        let name = edn::print_bare(key);
        let timeline = timeline::timeline(&part, format!("lin-kv timeline, key {name}"));
        write(&directory.join("timeline.html"), |out| out.write_all(timeline.as_bytes()))?;
        if let Some(linear) = linear::linear(&name, &part, results) {
            write(&directory.join("linear.svg"), |out| out.write_all(linear.as_bytes()))?;
        }
    }
    Ok(())
}

/// `elle/<anomaly>.txt`: each case of an anomaly, in words and with the operations that prove it; and
/// `elle/<anomaly>/<number>.svg`, those that are circles.
fn anomalies(directory: &Path, results: &Results) -> io::Result<()> {
    let directory = emptied(directory.join("elle"))?;
    let mut by_kind: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in results.findings.iter().filter(|finding| finding.is_anomaly()) {
        by_kind.entry(finding.kind).or_default().push(format!("{finding}\n"));
    }
    if !by_kind.is_empty() {
        fs::create_dir_all(&directory).map_err(naming(&directory))?;
    }
    for (kind, cases) in by_kind {
        write(&directory.join(format!("{kind}.txt")), |out| out.write_all(cases.join("\n").as_bytes()))?;
    }
    for (kind, cases) in proof::cases(&results.value) {
        let directory = directory.join(kind);
        let cycles = || cases.iter().filter_map(Cycle::new);
        for (number, cycle) in cycles().take(MAX_PICTURES).enumerate() {
            fs::create_dir_all(&directory).map_err(naming(&directory))?;
            write(&directory.join(format!("{number}.svg")), |out| out.write_all(cycle.svg().as_bytes()))?;
        }
        say_left_out(&directory, cycles().count())?;
    }
    Ok(())
}

/// How often subscribers consumed each message. Clients are assigned their keys and subscribe to none, in Maelstrom too.
const CONSUME_COUNTS: &[u8] = b"{:distribution {}, :dup-counts {}}\n";

/// For logs: `orders/<key>.svg`, each that is in trouble; `unseen.png` and `realtime-lag-*.png`, how far polls were behind; and
/// `consume-counts.edn`.
fn logs(directory: &Path, options: &Options, history: &History) -> io::Result<()> {
    let demands = options.demands();
    let view = View::new(&demands, history);
    let orders = emptied(directory.join("orders"))?;
    let troubled = view.troubled();
    for log in troubled.iter().take(MAX_PICTURES) {
        fs::create_dir_all(&orders).map_err(naming(&orders))?;
        let path = orders.join(format!("{}.svg", file_name(&edn::print_bare(log.key))));
        write(&path, |out| out.write_all(orders::order(&view, log).as_bytes()))?;
    }
    say_left_out(&orders, troubled.len())?;
    let end_us = history.ops.last().map_or(0, |op| traffic::whole_micros(op.time_ns));
    let faults = faults::faults(history, end_us);
    plots::lines::draw(directory, options, &view, &faults, end_us).map_err(io::Error::other)?;
    write(&directory.join("consume-counts.edn"), |out| out.write_all(CONSUME_COUNTS))
}

/// The operation without the key in its value, if it is about this key; faults concern every key.
fn about(key: &Value, op: &Op) -> Option<Op> {
    if !op.is_client() {
        return Some(op.clone());
    }
    let [of, value] = op.value.elements()? else { return None };
    (of == key).then(|| Op { value: value.clone(), ..op.clone() })
}

/// Says in a directory of pictures that others are not there.
fn say_left_out(directory: &Path, count: usize) -> io::Result<()> {
    if count <= MAX_PICTURES {
        return Ok(());
    }
    write_text(
        directory,
        "left-out.txt",
        &format!("There are more: only the first {MAX_PICTURES} are drawn.\n"),
    )
}

fn emptied(directory: PathBuf) -> io::Result<PathBuf> {
    match fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(naming(&directory)(error)),
        _ => Ok(directory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use judge::{Finding, Validity};

    const HISTORY: &str = r#"
{:index 0, :time 0, :type :invoke, :process 0, :f :write, :value [7 1]}
{:index 1, :time 1, :type :invoke, :process 1, :f :read, :value ["../x" nil]}
{:index 2, :time 2, :type :info, :process :nemesis, :f :kill, :value :one}
{:index 3, :time 3, :type :ok, :process 0, :f :write, :value [7 1]}
"#;

    #[test]
    fn each_key_gets_its_part_of_the_history_and_of_the_results() {
        let temporary = tempfile::tempdir().unwrap();
        let results =
            edn::read(r#"{:workload {:results {7 {:valid? true}, "../x" {:valid? false}}}}"#).unwrap();
        for _ in 0..2 {
            independent(temporary.path(), &history::read(HISTORY).unwrap(), &results).unwrap();
        }
        let file = |name: &str| fs::read_to_string(temporary.path().join("independent").join(name)).unwrap();
        assert_eq!(file("7/results.edn"), "{:valid? true}\n");
        assert_eq!(
            file("7/history.edn"),
            "{:index 0, :time 0, :type :invoke, :process 0, :f :write, :value 1}\n\
             {:index 2, :time 2, :type :info, :process :nemesis, :f :kill, :value :one}\n\
             {:index 3, :time 3, :type :ok, :process 0, :f :write, :value 1}\n"
        );
        let timeline = file("7/timeline.html");
        assert!(
            timeline.contains("lin-kv timeline, key 7") && timeline.contains("class=\"ok\""),
            "{timeline}"
        );
        let linear = temporary.path().join("independent/7/linear.svg");
        assert!(!linear.exists(), "the key is linearizable");
        assert!(
            file("%2E%2E%2Fx/history.edn").contains(":value nil"),
            "a key cannot lead out of the directory"
        );
    }

    #[test]
    fn each_anomaly_gets_a_text_and_each_circle_a_picture_and_old_ones_go() {
        let temporary = tempfile::tempdir().unwrap();
        let results = |findings: &[Finding], value: &str| Results {
            valid: Validity::False,
            value: edn::read(value).unwrap(),
            findings: findings.to_vec(),
        };
        let finding = |kind, explanation: &str| Finding {
            kind,
            costs: Validity::False,
            explanation: explanation.to_owned(),
            evidence: Vec::new(),
            more: 0,
        };
        let elle = temporary.path().join("elle");
        let found = [finding("G1c", "one"), finding("G0", "x"), finding("G1c", "two")];
        let circle = "{:cycle [{:index 1} {:index 3} {:index 1}] :steps ({:type :ww} {:type :wr})}";
        let value = format!("{{:workload {{:anomalies {{:G1c ({circle} {circle}) :G0 (true)}}}}}}");
        anomalies(temporary.path(), &results(&found, &value)).unwrap();
        assert_eq!(fs::read_to_string(elle.join("G1c.txt")).unwrap(), "G1c: one\n\nG1c: two\n");
        assert!(fs::read_to_string(elle.join("G1c/1.svg")).unwrap().contains("op 3"));
        assert_eq!((fs::read_dir(elle.join("G1c")).unwrap().count(), elle.join("G0").exists()), (2, false));
        let value = format!("{{:workload {{:G1c {{:count 1 :errs ({circle})}} :bad-error-types (:G1c)}}}}");
        anomalies(temporary.path(), &results(&[finding("G0", "y"), finding("stats", "none")], &value))
            .unwrap();
        assert_eq!(fs::read_dir(&elle).unwrap().count(), 2);
        assert_eq!(fs::read_dir(elle.join("G1c")).unwrap().count(), 1);
        anomalies(temporary.path(), &results(&[], "{}")).unwrap();
        assert!(!elle.exists());
    }

    #[test]
    fn each_log_in_trouble_gets_a_picture_and_all_logs_get_plots() {
        let temporary = tempfile::tempdir().unwrap();
        let file = |name: &str| temporary.path().join(name);
        let options = Options::new(Workload::Kafka, 2);
        let sent = r#"
{:index 0, :time 1000000000, :type :invoke, :process 0, :f :send, :value [[:send "../x" 1]]}
{:index 1, :time 2000000000, :type :ok, :process 0, :f :send, :value [[:send "../x" [0 1]]]}
"#;
        logs(temporary.path(), &options, &history::read(sent).unwrap()).unwrap();
        assert!(fs::read_to_string(file("orders/%2E%2E%2Fx.svg")).unwrap().contains("U: unseen"));
        for png in ["unseen", "realtime-lag-thread", "realtime-lag-key", "realtime-lag-thread-key"] {
            assert!(fs::read(file(&format!("{png}.png"))).unwrap().starts_with(b"\x89PNG"), "{png}");
        }
        let counts = fs::read_to_string(file("consume-counts.edn")).unwrap();
        assert_eq!(counts, "{:distribution {}, :dup-counts {}}\n");
        logs(temporary.path(), &options, &History::default()).unwrap();
        assert!(!file("orders").exists());
    }

    #[test]
    fn keys_of_any_name_have_pictures_of_their_own_and_there_is_an_end_to_them() {
        let temporary = tempfile::tempdir().unwrap();
        let options = Options::new(Workload::Kafka, 2);
        let odd =
            ["\\u0000".to_owned(), "k".repeat(300), "a.b".to_owned(), "a/b".to_owned(), "a_b".to_owned()];
        let keys = odd.into_iter().chain((0..MAX_PICTURES * 2).map(|key| key.to_string()));
        let ops = keys.enumerate().map(|(number, key)| {
            let (index, time) = (number * 2, number * 2_000);
            format!(
                "{{:index {index}, :time {time}, :type :invoke, :process 0, :f :send, :value [[:send \"{key}\" 1]]}}\n\
                 {{:index {}, :time {}, :type :ok, :process 0, :f :send, :value [[:send \"{key}\" [0 1]]]}}\n",
                index + 1,
                time + 1_000
            )
        });
        logs(temporary.path(), &options, &history::read(&ops.collect::<String>()).unwrap()).unwrap();
        let orders = temporary.path().join("orders");
        assert_eq!(fs::read_dir(&orders).unwrap().count(), MAX_PICTURES + 1);
        assert!(orders.join("left-out.txt").exists());
    }
}
