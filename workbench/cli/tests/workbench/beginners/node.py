#!/usr/bin/env python3
"""Honest for one node but for the one mistake that its argument names: what people do in their first hours."""
import json
import sys
import time

MISTAKE = sys.argv[1]
me, others = None, []
values, total, logs, registers, count = [], 0, {}, {}, 0


def write(text, end="\n"):
    sys.stdout.write(text + end)
    if MISTAKE != "no-flush":
        sys.stdout.flush()


def send(dest, body):
    text = json.dumps({"src": me, "dest": dest, "body": body})
    write(text, "" if MISTAKE == "no-newline" else "\n")


def reply(message, body):
    asked = message["body"]["msg_id"]
    body["in_reply_to"] = asked
    if MISTAKE == "text-for-number" and count > 1:
        body["in_reply_to"] = str(asked)
    if MISTAKE == "no-reply-to" and count > 1:
        del body["in_reply_to"]
    if MISTAKE == "id-of-message" and count > 1:
        body["in_reply_to"] = message["id"] + 1000
    if MISTAKE == "field-too-many" and count % 2 == 0:
        body["node"] = me
    if MISTAKE == "two-on-a-line" and count == 3:
        return write(json.dumps({"src": me, "dest": message["src"], "body": body}) * 2)
    send(message["src"], body)


def handle(message, body):
    global total, values
    kind = body["type"]
    if MISTAKE == "log-on-stdout" and count == 4:
        write("got " + kind)
    if MISTAKE == "repr" and count == 4:
        return write(str({"src": me, "dest": message["src"], "body": {"type": kind + "_ok"}}))
    if MISTAKE == "crash" and count == 4:
        return registers["no such key"]
    if MISTAKE == "hang" and count == 4:
        time.sleep(60)
    answer = {"type": kind + "_ok"}
    if kind == "echo":
        answer["echo"] = body["echo"]
    elif kind == "generate":
        answer["id"] = count
    elif kind == "broadcast":
        values.append(body["message"])
        if MISTAKE == "retries":
            for _ in range(20):
                for other in others:
                    send(other, {"type": "gossip", "message": body["message"]})
    elif kind == "add":
        total += body["delta"]
    elif kind == "read" and MISTAKE == "lost-sum":
        answer["value"] = total
    elif kind == "read":
        answer["messages"] = values
    elif kind == "send":
        log = logs.setdefault(body["key"], [])
        log.append(body["msg"])
        answer["offset"] = len(log) - 1
    elif kind == "poll":
        answer["msgs"] = {k: [[o, m] for o, m in enumerate(logs.get(k, [])) if o >= s] for k, s in body["offsets"].items()}
    elif kind == "list_committed_offsets":
        answer["offsets"] = {}
    elif kind == "txn":
        answer["txn"] = [] if MISTAKE == "empty-txn" else body["txn"]
    elif kind == "gossip":
        return
    reply(message, answer)


if MISTAKE == "byte-order-mark":
    write("\ufeff", "")
for line in sys.stdin:
    message = json.loads(line)
    count += 1
    if message["body"]["type"] == "init":
        me = message["body"]["node_id"]
        others = [node for node in message["body"]["node_ids"] if node != me]
        reply(message, {"type": "init_ok"})
    else:
        handle(message, message["body"])
