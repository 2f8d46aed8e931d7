// The messages: rows in columns, in the order in which they were sent, and quick ways to find some of them.

const DELIVERED = 0;
const LOST = 2;
const UNDERWAY = 3;

const rows = await (async () => {
  const { names, types, links, servers, nodes, count: length, full, columns, texts } = data.messages;
  const [numbers, { body, values, steps }] = await Promise.all([unpacked(columns), unpackedJson(texts)]);
  const next = columnsIn(numbers);
  const id = next(new Float64Array(length), true);
  const sent = next(new Float64Array(length), true);
  const end = next(new Float64Array(length));
  const link = next(new Uint32Array(length));
  const fate = next(new Uint8Array(length));
  const kind = next(new Uint16Array(length));
  const [from, to] = [0, 1].map((side) => Uint32Array.from(links, (link) => link[side]));
  const [src, dest] = [new Uint32Array(length), new Uint32Array(length)];
  // What was on its way to a node that was killed, or came while it was down, went with it.
  const kills = data.faults.filter((fault) => fault.name === "kill");
  const dropped = [];
  for (let row = 0; row < length; row++) {
    src[row] = from[link[row]];
    dest[row] = to[link[row]];
    end[row] = end[row] < 0 ? Infinity : sent[row] + end[row];
    const kill = fate[row] === UNDERWAY && kills.find((kill) => kill.to_us >= sent[row] && kill.nodes.includes(names[dest[row]]));
    if (kill) {
      end[row] = Math.max(sent[row], kill.from_us);
      fate[row] = LOST;
    }
    if (fate[row] !== DELIVERED && fate[row] !== UNDERWAY) dropped.push(row);
  }
  const isClient = (name) => name >= servers;
  return {
    length, sent, end, src, dest, fate, kind, id, names, types, values, steps, servers, nodes, dropped, isClient,
    /** The body, if the page has it. */
    body: (row) => body[row - full[0]] ?? null,
    touchesClient: (row) => isClient(src[row]) || isClient(dest[row]),
    isDropped: (row) => fate[row] !== DELIVERED && fate[row] !== UNDERWAY,
  };
})();

/** Rows that are looked at together: a stretch that ended before the view is skipped as a whole. */
const BLOCK = 256;

const blockEnds = (() => {
  const ends = new Float64Array(Math.ceil(rows.length / BLOCK)).fill(-Infinity);
  for (let row = 0; row < rows.length; row++) {
    const block = Math.floor(row / BLOCK);
    if (rows.end[row] > ends[block]) ends[block] = rows.end[row];
  }
  return ends;
})();

/**
 * The rows that are under way at some time from `from` to `to`; if they are more than `most`, one in two, three, … of them, and of
 * those that were dropped as many again.
 */
function rowsDuring(from, to, most) {
  const first = firstIndex(rows.length, (row) => rows.sent[row] >= from);
  const last = firstIndex(rows.length, (row) => rows.sent[row] > to);
  const found = [];
  for (let block = 0; block * BLOCK < first; block++) {
    if (blockEnds[block] < from) continue;
    const stop = Math.min(first, (block + 1) * BLOCK);
    for (let row = block * BLOCK; row < stop; row++) if (rows.end[row] >= from) found.push(row);
  }
  const count = found.length + last - first;
  const stride = Math.max(1, Math.ceil(count / most));
  const sample = stride === 1 ? found : found.filter((row) => row % stride === 0);
  for (let row = Math.ceil(first / stride) * stride; row < last; row += stride) sample.push(row);
  if (stride > 1) {
    const [low, high] = [first, last].map((bound) => firstIndex(rows.dropped.length, (at) => rows.dropped[at] >= bound));
    const skip = Math.max(1, Math.ceil((high - low) / most));
    for (let at = low; at < high; at += skip) if (rows.dropped[at] % stride !== 0) sample.push(rows.dropped[at]);
  }
  return { count, stride, sample };
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
    const text = rows.body(at) ?? "{}";
    try {
      return JSON.parse(text);
    } catch {
      const found = (key) => (text.match(new RegExp(`"${key}":\\s*(\\d+)`)) || [])[1];
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

/** Messages that are looked at for a cone, before and after: one that is larger is not told to its end. */
const MAX_CONE = 150000;

/**
 * Lamport's happened-before around a message: what could have caused its sending, and what its arrival could cause.
 * Everything that a node did up to `until` its place (by name) is in the past; everything `since`, in the future.
 */
function coneOf(row) {
  const [until, since] = [new Map([[rows.src[row], rows.sent[row]]]), new Map([[rows.dest[row], rows.end[row]]])];
  const [past, future] = [new Set(), new Set()];
  const before = [];
  for (let at = Math.max(0, row - MAX_CONE); at < row; at++) if (rows.fate[at] === DELIVERED && rows.end[at] <= rows.sent[row]) before.push(at);
  before.sort((one, other) => rows.end[other] - rows.end[one] || other - one);
  for (const at of before) {
    if (!(rows.end[at] <= until.get(rows.dest[at]))) continue;
    past.add(at);
    until.set(rows.src[at], Math.max(until.get(rows.src[at]) ?? -Infinity, rows.sent[at]));
  }
  if (rows.fate[row] === DELIVERED) {
    for (let at = row + 1; at < Math.min(rows.length, row + MAX_CONE); at++) {
      if (!(rows.sent[at] >= since.get(rows.src[at]))) continue;
      future.add(at);
      if (rows.fate[at] === DELIVERED) since.set(rows.dest[at], Math.min(since.get(rows.dest[at]) ?? Infinity, rows.end[at]));
    }
  } else since.clear();
  return { row, until, since, past, future };
}
