use super::*;
use testing::{demands, history};

fn judge(workload: Workload, text: &str) -> Results {
    analyze(&demands(workload), &history(text), &NetStats::default())
}

#[test]
fn results_have_the_keys_of_maelstrom_in_its_order() {
    let results = judge(Workload::Echo, "0 invoke echo \"a\"\n 0 ok echo {:echo \"a\"}");
    let Value::Map(entries) = &results.value else { panic!("no map") };
    let keys: Vec<_> = entries.iter().filter_map(|(key, _)| key.as_name()).collect();
    assert_eq!(
        keys,
        ["perf", "timeline", "exceptions", "stats", "availability", "net", "workload", "valid?"]
    );
    assert_eq!((results.valid, results.findings), (Validity::True, vec![]));
}

#[test]
fn one_false_part_makes_the_whole_false_and_comes_first() {
    // Stats: no read ever succeeded (false). Workload: nothing was read (unknown).
    let results = judge(Workload::GSet, "0 invoke add 1\n 0 ok add 1\n 1 invoke read nil\n 1 info read nil");
    assert_eq!(results.valid, Validity::False);
    assert_eq!(results.value.get("valid?"), Some(&false.into()));
    let kinds: Vec<_> = results.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, ["stats", "never-read"]);
}

#[test]
fn one_unknown_part_makes_the_whole_unknown() {
    let results = judge(Workload::GSet, "0 invoke add 1\n 0 ok add 1");
    assert_eq!(results.value.get("valid?"), Some(&Value::keyword("unknown")));
}
