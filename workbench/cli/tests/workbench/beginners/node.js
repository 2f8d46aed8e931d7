#!/usr/bin/env node
// Honest for one node but for the one mistake that its argument names: what people do in their first hours.
const MISTAKE = process.argv[2];
let me = null, others = [], total = 0, count = 0;
const values = [], logs = {};

function write(text, end = "\n") {
  require("fs").writeSync(1, text + end);
}

function send(dest, body) {
  write(JSON.stringify({ src: me, dest, body }), MISTAKE === "no-newline" ? "" : "\n");
}

function reply(message, body) {
  const asked = message.body.msg_id;
  body.in_reply_to = asked;
  if (MISTAKE === "text-for-number" && count > 1) body.in_reply_to = String(asked);
  if (MISTAKE === "no-reply-to" && count > 1) delete body.in_reply_to;
  if (MISTAKE === "id-of-message" && count > 1) body.in_reply_to = message.id + 1000;
  if (MISTAKE === "field-too-many" && count % 2 === 0) body.node = me;
  if (MISTAKE === "two-on-a-line" && count === 3) {
    return write(JSON.stringify({ src: me, dest: message.src, body }).repeat(2));
  }
  send(message.src, body);
}

function handle(message, body) {
  const kind = body.type;
  if (MISTAKE === "log-on-stdout" && count === 4) write("got " + kind);
  if (MISTAKE === "repr" && count === 4) return write(require("util").inspect({ src: me, dest: message.src, body: { type: kind + "_ok" } }));
  if (MISTAKE === "crash" && count === 4) return logs.none.length;
  if (MISTAKE === "hang" && count === 4) for (;;);
  const answer = { type: kind + "_ok" };
  if (kind === "echo") answer.echo = body.echo;
  if (kind === "generate") answer.id = count;
  if (kind === "broadcast") {
    values.push(body.message);
    if (MISTAKE === "retries") {
      for (let times = 0; times < 20; times++) {
        others.forEach((other) => send(other, { type: "gossip", message: body.message }));
      }
    }
  }
  if (kind === "add") total += body.delta;
  if (kind === "read" && MISTAKE === "lost-sum") answer.value = total;
  else if (kind === "read") answer.messages = values;
  if (kind === "send") answer.offset = (logs[body.key] ??= []).push(body.msg) - 1;
  if (kind === "poll") {
    const from = ([key, start]) => [key, (logs[key] ?? []).map((msg, offset) => [offset, msg]).slice(start)];
    answer.msgs = Object.fromEntries(Object.entries(body.offsets).map(from));
  }
  if (kind === "list_committed_offsets") answer.offsets = {};
  if (kind === "txn") answer.txn = MISTAKE === "empty-txn" ? [] : body.txn;
  if (kind !== "gossip") reply(message, answer);
}

if (MISTAKE === "byte-order-mark") write("\ufeff", "");
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line);
  count += 1;
  if (message.body.type === "init") {
    me = message.body.node_id;
    others = message.body.node_ids.filter((node) => node !== me);
    reply(message, { type: "init_ok" });
  } else {
    handle(message, message.body);
  }
});
