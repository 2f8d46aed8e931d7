//! Messages that nearly make sense: of every type that travels, with a few fields changed. A fuzzer that starts from bytes
//! seldom gets past the commas.
//!
//! An input is a recipe: the type, and then a line for each change.
//!
//! ```text
//! gossip1
//! -ack
//! n=18446744073709551616
//! +vector=[[0,7,1]]
//! ```
//!
//! takes a sound message of that type, drops `ack`, replaces `n`, and says a field a second time. What stands after `=` goes
//! into the line as it is, JSON or not.

use crate::decode::decode;

/// A sound body of every type, in the union of what the vocabularies make of it.
const SOUND: [&str; 35] = [
    r#"init "node_id":"n1" "node_ids":["n1","n2"]"#,
    "init_ok",
    r#"error "code":11 "text":"later""#,
    r#"echo "echo":[1.0,{"a":2}]"#,
    r#"echo_ok "echo":"hi""#,
    "generate",
    r#"generate_ok "id":"n1-7""#,
    r#"topology "topology":{"n1":["n2"]}"#,
    "topology_ok",
    r#"broadcast "message":7"#,
    "broadcast_ok",
    r#"read "key":"k""#,
    r#"read_ok "value":7 "messages":[7,8]"#,
    r#"add "delta":-7 "element":7"#,
    "add_ok",
    r#"write "key":"k" "value":7"#,
    "write_ok",
    r#"cas "key":"k" "from":7 "to":8 "create_if_not_exists":true"#,
    "cas_ok",
    "ts",
    r#"ts_ok "ts":7"#,
    r#"send "key":"k" "msg":7"#,
    r#"send_ok "offset":7"#,
    r#"poll "offsets":{"k":0}"#,
    r#"poll_ok "msgs":{"k":[[0,7],[1,8]]}"#,
    r#"commit_offsets "offsets":{"k":0,"j":1}"#,
    "commit_offsets_ok",
    r#"list_committed_offsets "keys":["k","j"]"#,
    r#"list_committed_offsets_ok "offsets":{"k":0}"#,
    r#"txn "txn":[["r",1,null],["w",2,7],["append",3,8]]"#,
    r#"txn_ok "txn":[["r",1,[8]],["w",2,7]]"#,
    r#"gossip1 "me":7 "you":8 "n":9 "ack":10 "held_ms":11 "wait_ms":12"#,
    r#"gossip1 "me":7 "n":9 "vector":[[0,7,1]] "own":[7,1] "settled":[[1,8,2]] "runs":[[0,7,1,2,[5,6]],[1,8,2,2,[7]]]"#,
    r#"gossip1 "me":7 "ask":1 "answer":1 "again":true "under":[0,2] "lost":[0,1]"#,
    r#"gossip1 "me":7 "runs":[[0,7,1,2,[["k",0,5],{"k":0}]],[0,7,3,4,[2]]]"#,
];

/// Makes the message of a recipe, and decodes it as any other line.
pub fn structured(recipe: &[u8]) {
    decode(&line(recipe));
}

/// The line that a recipe describes.
pub fn line(recipe: &[u8]) -> Vec<u8> {
    let mut changes = recipe.split(|&byte| byte == b'\n');
    let kind = changes.next().unwrap_or_default();
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let sound =
        SOUND.iter().filter(|sound| sound.split(' ').next().is_some_and(|name| name.as_bytes() == kind));
    // Several sound messages of one type have other fields each: together they have all.
    for field in sound.flat_map(|sound| sound.split(' ').skip(1)) {
        let (key, value) = field.split_once(':').expect("a field has a value");
        fields.push((key.into(), value.into()));
    }
    fields.push((b"\"msg_id\"".to_vec(), b"1".to_vec()));
    changes.for_each(|change| apply(change, &mut fields));
    let mut line = br#"{"src":"c1","dest":"n1","body":{"type":""#.to_vec();
    line.extend_from_slice(kind);
    line.push(b'"');
    for (key, value) in fields {
        [b",", &*key, b":", &*value].into_iter().for_each(|part| line.extend_from_slice(part));
    }
    line.extend_from_slice(b"}}");
    line
}

fn apply(change: &[u8], fields: &mut Vec<(Vec<u8>, Vec<u8>)>) {
    let quoted = |key: &[u8]| [b"\"", key, b"\""].concat();
    let (key, value) = match change.iter().position(|&byte| byte == b'=') {
        Some(at) => (&change[..at], Some(change[at + 1..].to_vec())),
        None => (change, None),
    };
    match (key, value) {
        ([b'-', key @ ..], None) => fields.retain(|(name, _)| *name != quoted(key)),
        ([b'+', key @ ..], Some(value)) => fields.push((quoted(key), value)),
        (key, Some(value)) => {
            fields.retain(|(name, _)| *name != quoted(key));
            fields.push((quoted(key), value));
        }
        (_, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sound_message_is_json_and_says_what_it_should() {
        for sound in SOUND {
            let kind = sound.split(' ').next().expect("a type");
            let line = line(kind.as_bytes());
            let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
            assert_eq!(value["body"]["type"], kind);
        }
    }

    #[test]
    fn a_recipe_drops_replaces_and_repeats_fields() {
        let line = line(b"cas\n-from\nto=[]\n+key=2");
        let expected = r#"{"src":"c1","dest":"n1","body":{"type":"cas","key":"k","create_if_not_exists":true,"msg_id":1,"to":[],"key":2}}"#;
        assert_eq!(String::from_utf8_lossy(&line), expected);
    }
}
