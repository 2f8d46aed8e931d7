use super::*;

const LINE: &str = "{:index 0, :time 0, :type :ok, :process 0, :f :read}";

#[test]
fn a_pair_that_is_a_record_is_a_pair() {
    for tag in ["jepsen.independent/tuple ", "clojure.lang.MapEntry"] {
        let line = format!("{{:type :invoke, :process 0, :f :write, :value #{tag}[1 2]}}");
        assert!(printed(&line)[0].contains(":value [1 2]}"), "{tag}");
    }
    assert!(printed("{:type :ok, :process 0, :value #uuid \"a\"}")[0].contains("#uuid"));
}

fn printed(text: &str) -> Vec<String> {
    let history = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    history.ops.iter().map(|op| op.to_value().to_string()).collect()
}

#[test]
fn all_that_people_have_is_the_same_history() {
    let expected = [
        "{:index 0, :time 0, :type :invoke, :process 7, :f :txn, :value [[:r 1 nil]]}",
        "{:index 1, :time 0, :type :ok, :process 7, :f :txn, :value [[:r 1 [2]]]}",
    ];
    let ops = [
        "{:type :invoke, :process 7, :f :txn, :value [[:r 1 nil]]}",
        "{:process 7 :type :ok\n :f :txn :value [[:r 1 [2]]]}",
    ];
    let tagged = ops.map(|op| format!("#jepsen.history.Op{op}"));
    for text in [
        ops.join("\n"),
        format!("[{}]", ops.join(" ")),
        format!("({}, #_ {{}}\r\n{})\r\n", ops[0], ops[1]),
        format!("\u{feff}; mine\n{} {} ; end", ops[0], ops[1]),
        tagged.join("\n"),
    ] {
        assert_eq!(printed(&text), expected, "{text}");
    }
    let json = [
        r#"{"type": "invoke", "process": 7, "f": "txn", "value": [["r", 1, null]]}"#,
        r#"{"type": "ok", "process": 7, "f": "txn",
            "value": [["r", 1, [2]]]}"#,
    ];
    let expected = expected.map(|line| line.replace("[[:r", "[[\"r\""));
    for text in [json.join("\n"), format!(" [{},\n {}]", json[0], json[1])] {
        assert_eq!(printed(&text), expected, "{text}");
    }
    for nothing in ["", "\n\n", "; nothing", "[]"] {
        assert_eq!(printed(nothing), Vec::<String>::new());
    }
}

#[test]
fn gaps_are_closed_and_the_place_of_each_is_known() {
    let history =
        read(&format!("{}\n\n{}", LINE.replace("index 0", "index 3"), LINE.replace("index 0", "index 9")))
            .unwrap();
    assert_eq!(history.ops.iter().map(|op| op.index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(
        [history.place(0), history.place(1)],
        [Place { line: 1, index: 3 }, Place { line: 3, index: 9 }]
    );
    assert!(history.is_renumbered());
    let plain = read(LINE).unwrap();
    assert!(plain.places.is_empty() && !plain.is_renumbered());
}

#[test]
fn anybody_may_be_a_process() {
    let history = read(
        "{:type :ok, :f :a, :process \"alice\"} {:type :ok, :f :a, :process :bob} {:type :ok, :f :a, :process \"alice\"}\n\
         {:type :ok, :f :a, :process -3} {:type :info, :f :a, :process :nemesis} {:type :ok, :f :a} {:type :ok, :f :a}",
    );
    let processes: Vec<Process> = history.unwrap().ops.iter().map(|op| op.process).collect();
    let client = |number| Process::Client(UNNUMBERED + number);
    let expected = [client(0), client(1), client(0), client(2), Process::Nemesis, client(3), client(4)];
    assert_eq!(processes, expected);
}

#[test]
fn names_are_keywords_and_strings_are_none() {
    assert!(read(LINE).is_ok());
    for (word, text) in
        [(":f :read", ":f \"read it\""), (":type :ok", ":type \"ok\""), (":index 0", "\"index\" 0")]
    {
        assert!(read(&LINE.replace(word, text)).is_err(), "{text}");
    }
    assert!(read(r#"{"type": "ok", "process": 0, "f": "read it"}"#).is_err());
}

#[test]
fn what_is_not_a_history_is_refused_with_its_line() {
    let error = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(error("{:index"), "line 1: unexpected end at byte 7");
    assert_eq!(error(&format!("{LINE}\n {{:index}}")), "line 2: a map with a key without a value at byte 9");
    assert_eq!(
        error(&format!("{LINE}\n{LINE}")),
        "line 2: index 0 comes after 0: indices must grow, though they may have gaps"
    );
    assert_eq!(
        error(&LINE.replace(":ok", ":maybe")),
        "line 1: no usable :type: it must be :invoke, :ok, :fail or :info"
    );
    assert!(error("{:index 0}").starts_with("line 1: no usable :type"));
    assert!(error("{:type :invoke, :f :read}").starts_with("line 1: no usable :process"));
    assert!(error(&LINE.replace(":time 0", ":time #inst \"2026\"")).contains("a number of nanoseconds"));
    assert_eq!(error("5"), "line 1: not an operation: a map such as {:type :invoke, :process 0, :f :read}");
    assert_eq!(error("{\"type\": \"ok\",\n \"f\": }"), "line 2: expected value");
}
