// The messages: rows in columns, in the order in which they were sent, and quick ways to find some of them.

const DELIVERED = 0;
const LOST = 2;
const UNDERWAY = 3;

const rows = (() => {
  const columns = data.messages;
  const length = columns.id.length;
  const sent = new Float64Array(length);
  const end = new Float64Array(length);
  let time = 0;
  for (let row = 0; row < length; row++) {
    time += columns.sent[row];
    sent[row] = time;
    end[row] = columns.took[row] < 0 ? Infinity : time + columns.took[row];
  }
  const { names, types, values, steps, servers, nodes } = columns;
  const [id, body] = [columns.id, columns.body];
  const src = Uint32Array.from(columns.src);
  const dest = Uint32Array.from(columns.dest);
  const fate = Uint8Array.from(columns.fate);
  const kind = Uint16Array.from(columns.kind);
  // What was on its way to a node that was killed, or came while it was down, went with it.
  const kills = data.faults.filter((fault) => fault.name === "kill");
  for (let row = 0; row < length && kills.length > 0; row++) {
    if (fate[row] !== UNDERWAY) continue;
    const kill = kills.find((kill) => kill.to_us >= sent[row] && kill.nodes.includes(names[dest[row]]));
    if (!kill) continue;
    end[row] = Math.max(sent[row], kill.from_us);
    fate[row] = LOST;
  }
  const isClient = (name) => name >= servers;
  return {
    length, sent, end, src, dest, fate, kind, id, body, names, types, values, steps, servers, nodes, isClient,
    touchesClient: (row) => isClient(src[row]) || isClient(dest[row]),
    isDropped: (row) => fate[row] !== DELIVERED && fate[row] !== UNDERWAY,
  };
})();

/** Rows that are looked at together: a stretch that ended before the view is skipped as a whole. */
const BLOCK = 256;

const blockEnds = (() => {
  const ends = new Float64Array(Math.ceil(rows.length / BLOCK));
  for (let row = 0; row < rows.length; row++) {
    const block = Math.floor(row / BLOCK);
    ends[block] = Math.max(ends[block] || -Infinity, rows.end[row]);
  }
  return ends;
})();

/** The rows that are under way at some time from `from` to `to`, in order. */
function rowsDuring(from, to) {
  const last = firstIndex(rows.length, (row) => rows.sent[row] > to);
  const found = [];
  for (let block = 0; block * BLOCK < last; block++) {
    if (blockEnds[block] < from) continue;
    const stop = Math.min(last, (block + 1) * BLOCK);
    for (let row = block * BLOCK; row < stop; row++) {
      if (rows.end[row] >= from) found.push(row);
    }
  }
  return found;
}

/** For each row the values whose chains it is a step of. */
const valuesOfRow = (() => {
  let index = null;
  return (row) => {
    if (!index) {
      index = new Map();
      rows.steps.forEach((steps, value) => {
        for (const step of steps) {
          if (!index.has(step)) index.set(step, []);
          index.get(step).push(value);
        }
      });
    }
    return index.get(row) || [];
  };
})();

/** The message that a row answers, or that answers it, if it is on the page. */
function otherHalf(row) {
  const read = (at) => {
    try {
      return JSON.parse(rows.body[at]);
    } catch {
      const found = (key) => (rows.body[at].match(new RegExp(`"${key}":\\s*(\\d+)`)) || [])[1];
      return { msg_id: Number(found("msg_id")), in_reply_to: Number(found("in_reply_to")) };
    }
  };
  const body = read(row);
  const isReply = Number.isFinite(body.in_reply_to);
  const wanted = isReply ? body.in_reply_to : body.msg_id;
  if (!Number.isFinite(wanted)) return -1;
  const step = isReply ? -1 : 1;
  const patience = 20000;
  for (let at = row + step, tried = 0; at >= 0 && at < rows.length && tried < patience; at += step, tried++) {
    if (rows.src[at] !== rows.dest[row] || rows.dest[at] !== rows.src[row]) continue;
    const other = read(at);
    if ((isReply ? other.msg_id : other.in_reply_to) === wanted) return at;
  }
  return -1;
}
