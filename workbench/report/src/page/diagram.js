// The space-time diagram (Lamport 1978): a line for each node, an arrow for each message, time to the right.
//
// However many messages there are, a frame looks only at those in view, and draws a sample of them where all would be
// ink only. A node's clients share a short lane under it; what passes between them is drawn as short strokes there.

/** Arrows drawn in one frame. Where more are in view, it is one in two, three, … of them. */
const MAX_ARROWS = 6000;
/** The closest look: this many microseconds over the whole width. */
const CLOSEST = 200;
/** Room above the lanes, for the names of faults, and below, for the time. */
const HEAD = 20;
const AXIS = 28;

const view = { from: span[0], to: span[1] };
/** What the reader picked: a message, a value, a proof; whether the message's cone is shown; the moment that is looked at. */
const selection = { row: -1, value: -1, proof: -1, cone: null, cursor: null };
const canvas = element("diagram");
const overview = element("overview");

/** Participants that have a lane: all nodes, and the services that somebody talked to. */
const lanes = (() => {
  const used = new Uint8Array(rows.names.length);
  for (let row = 0; row < rows.length; row++) used[rows.src[row]] = used[rows.dest[row]] = 1;
  const names = [];
  for (let name = 0; name < rows.servers; name++) if (name < rows.nodes || used[name]) names.push(name);
  const height = names.length <= 8 ? Math.max(320 / Math.max(names.length, 3), 50) : clamp(680 / names.length, 2, 40);
  const position = new Map(names.map((name, index) => [name, index]));
  const top = HEAD + height * 0.5;
  const bottom = HEAD + names.length * height + (names.length <= 8 ? 4 : 8);
  return {
    names, height, bottom,
    total: bottom + AXIS,
    y: (name) => top + position.get(name) * height,
    at: (y) => names[clamp(Math.round((y - top) / height), 0, names.length - 1)],
  };
})();

/** Room for the names of the lanes. */
const GUTTER = (() => {
  const context = canvas.getContext("2d");
  context.font = font(12);
  return clamp(Math.max(...lanes.names.map((name) => context.measureText(rows.names[name]).width)) + 18, 34, 96);
})();

const plotWidth = () => Math.max(canvas.clientWidth - GUTTER - 12, 50);
const xOf = (us) => GUTTER + ((us - view.from) / (view.to - view.from)) * plotWidth();
const timeAt = (x) => view.from + ((x - GUTTER) / plotWidth()) * (view.to - view.from);

/** Where a message is drawn: both ends, in CSS pixels. */
function ends(row) {
  const [src, dest] = [rows.src[row], rows.dest[row]];
  const end = Math.min(rows.end[row], span[1]);
  const [x1, x2] = [xOf(rows.sent[row]), xOf(end)];
  const clientLane = lanes.height * 0.34;
  if (rows.isClient(src)) return [x1, lanes.y(dest) + clientLane, x2, lanes.y(dest)];
  if (rows.isClient(dest)) return [x1, lanes.y(src), x2, lanes.y(src) + clientLane];
  return [x1, lanes.y(src), x2, lanes.y(dest)];
}

/** What the last frame drew, for whoever points at it. */
let drawn = [];

const redraw = keepDrawn(canvas, () => {
  const { context, width } = prepare(canvas, lanes.total);
  const marked = markedRows();
  const { count, stride, sample } = rowsDuring(view.from, view.to, MAX_ARROWS);
  drawn = sample;
  if (stride > 1) for (const row of marked) if (row % stride !== 0 && !rows.isDropped(row)) drawn.push(row);
  shadeFaults(context, width);
  drawTimeAxis(context, width);
  drawLanes(context, width);
  context.save();
  context.beginPath();
  context.rect(GUTTER - 4, HEAD - 6, width - GUTTER - 4, lanes.bottom - HEAD + 6);
  context.clip();
  drawHolders(context, width);
  drawCone(context, width);
  drawArrows(context, marked);
  drawSaid(context);
  drawEvidence(context);
  if (drawn.length < LABELLED) drawLabels(context);
  drawCursor(context);
  context.restore();
  nameFaults(context, width);
  sayPosition(count, stride);
  redrawOverview();
});

/** Where links were cut, all lanes are shaded; where nodes were down, theirs are. */
function shadeFaults(context, width) {
  for (const fault of data.faults) {
    if (fault.nodes.length === 0) shade(context, xOf, GUTTER, width - 12, HEAD, lanes.bottom - HEAD, [fault]);
    for (const node of fault.nodes) {
      const y = lanes.y(rows.names.indexOf(node));
      shade(context, xOf, GUTTER, width - 12, y - lanes.height * 0.4, lanes.height * 0.8, [fault, fault]);
    }
  }
}

/** The rows that stand out: the steps of the selected value, the messages of the selected proof, the selected message. */
function markedRows() {
  const marked = new Set();
  if (selection.value >= 0) rows.steps[selection.value].forEach((row) => marked.add(row));
  if (selection.proof >= 0) data.proofs[selection.proof].rows.forEach((row) => marked.add(row));
  if (selection.row >= 0) marked.add(selection.row);
  return marked;
}

function drawTimeAxis(context, width) {
  context.font = font(11);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const across = ticks(view.from, view.to, clamp(plotWidth() / 110, 2, 10));
  context.strokeStyle = colour("grid");
  context.lineWidth = 1;
  context.beginPath();
  for (const at of across.at) {
    const x = Math.round(xOf(at)) + 0.5;
    context.moveTo(x, HEAD);
    context.lineTo(x, lanes.bottom + 5);
    context.fillStyle = colour("muted");
    context.fillText(moment(at, across.step), clamp(x, GUTTER + 10, width - 30), lanes.bottom + 16);
  }
  context.stroke();
}

function drawLanes(context, width) {
  const labelled = Math.ceil(12 / lanes.height);
  context.font = font(12);
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.strokeStyle = colour("rule");
  context.lineWidth = lanes.height < 6 ? 0.5 : 1;
  context.beginPath();
  lanes.names.forEach((name, index) => {
    const y = Math.round(lanes.y(name)) + 0.5;
    context.moveTo(GUTTER, y);
    context.lineTo(width - 12, y);
    context.fillStyle = colour("ink");
    if (index % labelled === 0) context.fillText(shortened(context, rows.names[name]), GUTTER - 10, y);
  });
  context.stroke();
}

function shortened(context, name) {
  let text = name;
  while (text.length > 1 && context.measureText(text).width > GUTTER - 12) text = text.slice(0, -2) + "…";
  return text;
}

/** When which node had a value: from when it came until the node was killed, if it was. */
function holdings(value) {
  const arrivals = rows.steps[value].filter((row) => rows.fate[row] === DELIVERED && !rows.isClient(rows.dest[row]));
  return arrivals.map((row) => {
    const [node, from] = [rows.dest[row], rows.end[row]];
    const kills = data.faults.filter((fault) => fault.name === "kill" && fault.from_us >= from && fault.nodes.includes(rows.names[node]));
    return { node, from, to: Math.min(Infinity, ...kills.map((fault) => fault.from_us)) };
  });
}

/** While a node has the selected value, its line is thick. */
function drawHolders(context, width) {
  if (selection.value < 0) return;
  context.strokeStyle = colour("chain");
  context.lineWidth = clamp(lanes.height / 8, 1.5, 4);
  context.globalAlpha = 0.55;
  context.beginPath();
  for (const { node, from, to } of holdings(selection.value)) {
    const [left, right] = [Math.max(xOf(from), GUTTER), Math.min(xOf(to), width - 12)];
    if (right <= left) continue;
    context.moveTo(left, lanes.y(node));
    context.lineTo(right, lanes.y(node));
  }
  context.stroke();
  context.globalAlpha = 1;
}

function drawArrows(context, marked) {
  const { cone } = selection;
  const faint = cone || drawn.some((row) => marked.has(row)) ? 0.3 : 1;
  const classes = [
    { rows: [], style: "client", width: 1, alpha: 0.9 * faint },
    { rows: [], style: "server", width: drawn.length > 1500 ? 0.8 : 1.1, alpha: (drawn.length > 1500 ? 0.5 : 0.85) * faint },
    { rows: [], style: "dropped", width: 1.3, alpha: Math.max(faint, 0.45), dash: [5, 4] },
    { rows: [], style: "chain", width: 2, alpha: 1 },
    { rows: [], style: "dropped", width: 2.2, alpha: 1, dash: [6, 4] },
    { rows: [], style: "past", width: 1.4, alpha: 0.95 },
    { rows: [], style: "future", width: 1.4, alpha: 0.95 },
  ];
  for (const row of drawn) {
    const dropped = rows.isDropped(row);
    if (cone && cone.past.has(row)) classes[5].rows.push(row);
    else if (cone && cone.future.has(row) && !dropped) classes[6].rows.push(row);
    else if (marked.has(row)) classes[dropped ? 4 : 3].rows.push(row);
    else classes[dropped ? 2 : rows.touchesClient(row) ? 0 : 1].rows.push(row);
  }
  for (const group of classes) drawGroup(context, group, drawn.length - classes[0].rows.length < 500 || group.alpha === 1);
  if (selection.row >= 0) drawSelected(context, selection.row);
}

function drawGroup(context, group, hasHeads) {
  if (group.rows.length === 0) return;
  context.strokeStyle = context.fillStyle = colour(group.style);
  context.lineWidth = group.width;
  context.globalAlpha = group.alpha;
  context.setLineDash(group.dash || []);
  const lines = new Path2D();
  const heads = new Path2D();
  for (const row of group.rows) {
    const [x1, y1, x2, y2] = ends(row);
    lines.moveTo(x1, y1);
    lines.lineTo(x2, y2);
    if (group.dash) addCross(heads, x2, y2, y1);
    else if (hasHeads && lanes.height >= 5 && rows.end[row] <= span[1]) addHead(heads, x1, y1, x2, y2, group.style === "client" ? 3.5 : 6);
  }
  context.stroke(lines);
  context.setLineDash([]);
  if (group.dash) context.stroke(heads);
  else context.fill(heads);
  context.globalAlpha = 1;
}

function addHead(path, x1, y1, x2, y2, size) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < size) return;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  path.moveTo(x2, y2);
  path.lineTo(x2 - dx * size - dy * size * 0.36, y2 - dy * size + dx * size * 0.36);
  path.lineTo(x2 - dx * size + dy * size * 0.36, y2 - dy * size - dx * size * 0.36);
}

/** A message that was dropped ends in a cross at its recipient's door. */
function addCross(path, x, y, from) {
  const [size, door] = [clamp(lanes.height / 7, 1.5, 4), y - Math.sign(y - from) * clamp(lanes.height / 5, 1, 6)];
  path.moveTo(x - size, door - size);
  path.lineTo(x + size, door + size);
  path.moveTo(x - size, door + size);
  path.lineTo(x + size, door - size);
}

function drawSelected(context, row) {
  const [x1, y1, x2, y2] = ends(row);
  context.strokeStyle = colour("selected");
  context.lineWidth = 2.4;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

function sayPosition(count, stride) {
  const seconds = moment(view.from, view.to - view.from) + " to " + moment(view.to, (view.to - view.from) / 10);
  const sample = stride > 1 ? `, one in ${stride} drawn` : "";
  element("position").textContent = `${seconds} · ${counted(count, "message")}${sample}`;
}

/** The first thing that happened. */
const BEGINNING = Math.min(span[0], rows.length ? rows.sent[0] : 0);

/** Looks at another stretch of time, within the run. */
function look(from, to) {
  const [least, most] = [BEGINNING, span[1]];
  const width = clamp(to - from, CLOSEST, most - least);
  view.from = clamp(from, least, most - width);
  view.to = view.from + width;
  redraw();
}

/** Zooms around a place. */
function zoom(factor, x = GUTTER + plotWidth() / 2) {
  const at = timeAt(x);
  look(at - (at - view.from) * factor, at + (view.to - at) * factor);
}

/** The message nearest to a place, if one is near. */
function rowAt(x, y, reach = 7) {
  let [best, least] = [-1, reach];
  for (const row of drawn) {
    const [x1, y1, x2, y2] = ends(row);
    if (x < Math.min(x1, x2) - reach || x > Math.max(x1, x2) + reach) continue;
    if (y < Math.min(y1, y2) - reach || y > Math.max(y1, y2) + reach) continue;
    const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
    const along = length === 0 ? 0 : clamp(((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length, 0, 1);
    const distance = Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
    if (distance < least) [best, least] = [row, distance];
  }
  return best;
}

/** The whole run in little: how many messages when, what was broken when, and where the view is. */
const overviewBars = (() => {
  const count = 400;
  const bars = { all: new Float64Array(count), dropped: new Float64Array(count), most: 1 };
  for (let row = 0; row < rows.length; row++) {
    const bar = clamp(Math.floor((rows.sent[row] / span[1]) * count), 0, count - 1);
    bars.most = Math.max(bars.most, ++bars.all[bar]);
    if (rows.isDropped(row)) bars.dropped[bar]++;
  }
  return bars;
})();

const overviewX = (us) => GUTTER + (us / span[1]) * plotWidth();

const OVERVIEW_HEIGHT = 62;

const redrawOverview = keepDrawn(overview, () => {
  const height = OVERVIEW_HEIGHT - 18;
  const { context, width } = prepare(overview, OVERVIEW_HEIGHT);
  shade(context, overviewX, GUTTER, width - 12, 0, height);
  const step = plotWidth() / overviewBars.all.length;
  for (const [heights, style] of [[overviewBars.all, "client"], [overviewBars.dropped, "dropped"]]) {
    context.fillStyle = colour(style);
    heights.forEach((count, bar) => {
      const tall = (Math.sqrt(count / overviewBars.most)) * (height - 8);
      context.fillRect(GUTTER + bar * step, height - tall, Math.max(step - 0.3, 0.5), tall);
    });
  }
  context.font = font(11);
  context.fillStyle = colour("muted");
  context.textAlign = "center";
  context.textBaseline = "middle";
  const across = ticks(span[0], span[1], clamp(plotWidth() / 90, 2, 10));
  for (const at of across.at) context.fillText(moment(at, across.step), clamp(overviewX(at), GUTTER + 10, width - 24), height + 10);
  const [left, right] = [clamp(overviewX(view.from), GUTTER, width - 12), clamp(overviewX(view.to), GUTTER + 2, width - 12)];
  context.strokeStyle = colour("ink");
  context.lineWidth = 1.5;
  context.strokeRect(left, 1, Math.max(right - left, 3), height - 2);
  if (selection.cursor !== null) {
    context.fillStyle = colour("chain");
    context.fillRect(overviewX(selection.cursor) - 0.5, 0, 1, height);
  }
});
