//! What all workloads share.

use super::*;
use crate::options::Workload as Name;
use crate::testing::options;
use edn::json;

const SCHEMA: Schema = Schema::closed("read_ok", &[("value", Shape::List)]);

fn accepts(body: &str) -> bool {
    SCHEMA.accept(json::parse(body).unwrap()).is_ok()
}

#[test]
fn clients_wait_as_long_as_maelstroms_do() {
    for workload in Name::ALL {
        for (latency_ms, of_lin_kv_ms) in [(0, 1_000), (100, 1_000), (101, 1_010)] {
            let mut options = options(workload, 1);
            (options.latency.mean_ms, options.concurrency) = (latency_ms, 10);
            let expected_ms = if workload == Name::LinKv { of_lin_kv_ms } else { 5_000 };
            let timeout = new(&options).unwrap().rules().timeout;
            assert_eq!(timeout.as_millis(), expected_ms, "{workload:?}");
        }
    }
}

#[test]
fn a_request_carries_its_fields_and_its_number() {
    let request = Request::new("send").with("key", &"4").with("msg", &11);
    assert_eq!(request.into_body(7), r#"{"type":"send","key":"4","msg":11,"msg_id":7}"#);
}

#[test]
fn a_reply_may_have_the_fields_of_its_schema_and_no_others() {
    assert!(accepts(r#"{"type":"read_ok","value":[1],"in_reply_to":1}"#));
    assert!(accepts(r#"{"type":"read_ok","value":null,"in_reply_to":1,"msg_id":5}"#));
    for body in [
        r#"{"type":"read_ok","in_reply_to":1}"#,
        r#"{"type":"read_ok","value":{},"in_reply_to":1}"#,
        r#"{"type":"read_ok","value":[],"in_reply_to":1,"extra":null}"#,
        r#"{"type":"read_ok","value":[],"in_reply_to":1,"msg_id":1.0}"#,
        r#"{"type":"read_ok","value":[],"in_reply_to":1,"msg_id":null}"#,
        r#"{"type":"readok","value":[],"in_reply_to":1}"#,
        r#"{"value":[],"in_reply_to":1}"#,
    ] {
        assert!(!accepts(body), "{body}");
    }
}

#[test]
fn an_open_schema_only_asks_for_the_type() {
    let accepts = |body| Schema::open("init_ok").accept(json::parse(body).unwrap()).is_ok();
    assert!(accepts(r#"{"type":"init_ok","in_reply_to":1,"msg_id":null,"extra":1}"#));
    assert!(!accepts(r#"{"type":"init","in_reply_to":1}"#));
}

#[test]
fn lists_may_be_null_and_objects_may_not_and_integers_are_not_floats() {
    assert!(Shape::List.fits(&Value::Nil) && !Shape::Object.fits(&Value::Nil));
    let long = json::parse("123456789012345678901234567890").unwrap();
    assert!(Shape::Integer.fits(&long) && !Shape::Integer.fits(&Value::Float(1.0)));
}

#[test]
fn lin_kv_needs_two_threads_a_node() {
    let mut options = options(Name::LinKv, 3);
    for (concurrency, fits) in [(0, false), (5, false), (10, true), (15, false), (20, true)] {
        options.concurrency = concurrency;
        assert_eq!(new(&options).is_ok(), fits, "{concurrency}");
    }
}
