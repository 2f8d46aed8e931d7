use super::*;
use edn;
use judge::history;

/// Something about another key; then of this one a write, a write of which nobody saw the end, a set that failed, and
/// a read that nothing explains.
const HISTORY: &str = r#"
{:index 0, :time 0, :type :invoke, :process 9, :f :write, :value 0}
{:index 1, :time 0, :type :ok, :process 9, :f :write, :value 0}
{:index 2, :time 1000000, :type :invoke, :process 0, :f :write, :value 1}
{:index 3, :time 2000000, :type :ok, :process 0, :f :write, :value 1}
{:index 4, :time 3000000, :type :invoke, :process 1, :f :write, :value "<2>"}
{:index 5, :time 3000000, :type :invoke, :process 3, :f :cas, :value [4 5]}
{:index 6, :time 4000000, :type :fail, :process 3, :f :cas, :value [4 5]}
{:index 7, :time 4000000, :type :invoke, :process 2, :f :read, :value nil}
{:index 8, :time 5000000, :type :ok, :process 2, :f :read, :value 3}
"#;
const RESULTS: &str = r#"{:linearizable {:op {:index 8} :final-paths (
[{:op {:index 3} :model #knossos.model.CASRegister{:value 1}}
 {:op {:index 4 :f :write :value "<2>"} :model #knossos.model.CASRegister{:value "<2>"}}
 {:op {:index 8 :f :read :value 3} :model #knossos.model.Inconsistent{:msg "no"}}])}}"#;

#[test]
fn what_is_drawn_is_what_may_have_happened_and_how_far_that_leads() {
    let mut part = history::read(HISTORY).unwrap();
    part.ops.drain(..2);
    let svg = linear("7", &part, &edn::read(RESULTS).unwrap()).unwrap();
    let has = |text: &str, count: usize| assert_eq!(svg.matches(text).count(), count, "{text} in {svg}");
    has("no order of its operations explains “read 3”, op 8 of process 2", 1);
    has("<rect class=\"bar", 3);
    has("class=\"bar stuck\"", 1);
    has("class=\"bar unknown way\"", 1);
    has("cas", 0);
    has("<rect class=\"held\"", 2);
    has("write \"&lt;2&gt;\" (op 4)", 1);
    has("✗ read 3 (op 8): no", 1);
    has("svg:has(#way-0:hover) #order-0 {", 1);
    has("svg:has(#op-4:hover) #order-0 {", 1);
    has("<2>", 0);
}

#[test]
fn what_is_linearizable_has_no_picture() {
    let valid = edn::read("{:linearizable {:valid? true :final-paths ()}}").unwrap();
    assert_eq!(linear("7", &history::read(HISTORY).unwrap(), &valid), None);
}

#[test]
fn of_many_operations_those_that_matter_are_drawn() {
    let mut text = String::new();
    for number in 0..100 {
        text += &format!(
            "{{:index {number}, :time 0, :type :invoke, :process {number}, :f :write, :value {number}}}\n"
        );
    }
    text += "{:index 100, :time 0, :type :invoke, :process 100, :f :read, :value nil}\n";
    text += "{:index 101, :time 0, :type :ok, :process 100, :f :read, :value 3}\n";
    let results = RESULTS.replace("index 8", "index 101").replace("index 4", "index 3");
    let svg = linear("7", &history::read(&text).unwrap(), &edn::read(&results).unwrap()).unwrap();
    assert_eq!(svg.matches("<rect class=\"bar").count(), MAX_IN_PROGRESS);
    assert!(svg.contains("write 3:") && svg.contains("77 more in progress are left out"), "{svg}");
}
