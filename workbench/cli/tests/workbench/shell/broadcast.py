#!/usr/bin/env python3
"""A broadcast node as a newcomer would write it: whatever is new goes to all others.

With the argument "lose" it acknowledges every fifth value and forgets it.
"""
import json
import sys

loses = sys.argv[1:] == ["lose"]
me, others, seen = None, [], set()


def say(dest, **body):
    print(json.dumps({"src": me, "dest": dest, "body": body}), flush=True)


for line in sys.stdin:
    message = json.loads(line)
    src, body = message["src"], message["body"]
    kind, value = body["type"], body.get("message")
    reply = {"type": kind + "_ok", "in_reply_to": body.get("msg_id")}
    if kind == "init":
        me, others = body["node_id"], [node for node in body["node_ids"] if node != body["node_id"]]
    elif kind == "read":
        reply["messages"] = sorted(seen)
    elif kind == "broadcast" and value not in seen and not (loses and value % 5 == 4):
        seen.add(value)
        for other in others:
            say(other, type="broadcast", message=value)
    if "msg_id" in body:
        say(src, **reply)
