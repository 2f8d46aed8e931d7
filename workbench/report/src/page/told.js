// What nodes wrote to stderr and what they thought, beside the diagram, at the moment that is looked at.

/** Lines of stderr that are shown, before the moment that is looked at and after it. */
const LINES_BEFORE = 60;
const LINES_AFTER = 20;

const toldFrom = async (told) => {
  if (!told || told.count === 0) return null;
  const [numbers, texts] = await Promise.all([unpacked(told.columns), unpackedJson(told.texts)]);
  const next = columnsIn(numbers);
  return { time: next(new Float64Array(told.count), true), node: next(new Uint16Array(told.count)), texts, left_out: told.left_out };
};

const said = await toldFrom(data.said);
const states = await toldFrom(data.states);

/** For each node, the lines that tell of its state, in order. */
const statesOf = (() => {
  if (!states) return [];
  const of = Array.from({ length: rows.nodes }, () => []);
  states.node.forEach((node, line) => of[node].push(line));
  return of;
})();

/** What a node thought at a moment. */
function stateAt(node, at) {
  const lines = statesOf[node] || [];
  const next = firstIndex(lines.length, (line) => states.time[lines[line]] > at);
  return next > 0 ? states.texts[lines[next - 1]] : "not started";
}

/** Is a node down or paused? */
const isHit = (node, at) => data.faults.find((fault) => fault.from_us <= at && at <= fault.to_us && fault.nodes.includes(rows.names[node]));

function stateRows(at) {
  if (!states) return "";
  const row = (node) => {
    const hit = isHit(node, at);
    const words = hit && hit.name === "kill" ? "down" : stateAt(node, at) + (hit ? ` (${hit.name})` : "");
    return `<tr${hit ? ' class="hit"' : ""}><th>${nameOf(node)}</th><td>${escaped(words)}</td></tr>`;
  };
  return `<table class="states">${Array.from({ length: rows.nodes }, (_, node) => row(node)).join("")}</table>`;
}

function saidLines(at) {
  if (!said) return "";
  const next = firstIndex(said.time.length, (line) => said.time[line] > at);
  const shown = [];
  for (let line = Math.max(0, next - LINES_BEFORE); line < Math.min(said.time.length, next + LINES_AFTER); line++) {
    shown.push(`<li class="${line >= next ? "later" : ""}${line === next - 1 ? "now" : ""}"><span>${moment(said.time[line], 1000)}</span> <b>${nameOf(said.node[line])}</b> ${escaped(said.texts[line])}</li>`);
  }
  return `<ol class="said">${shown.join("")}</ol>`;
}

const tellMoment = atNextFrame(() => {
  const panel = element("told");
  if (!panel || (!said && !states)) return;
  const at = selection.cursor ?? (view.from + view.to) / 2;
  panel.innerHTML = `<p class="kicker">at ${moment(at, 1000)}</p>${stateRows(at)}${saidLines(at)}`;
  const list = panel.querySelector(".said");
  const now = panel.querySelector(".now");
  if (list && now) list.scrollTop = now.offsetTop - list.offsetTop - list.clientHeight * 0.7;
});

/** Looks at a moment: everything that stands for it follows. */
function lookAt(at) {
  selection.cursor = at === null ? null : clamp(at, BEGINNING, span[1]);
  tellMoment();
  redraw();
}

/** Lines of stderr, as ticks on their lanes. */
function drawSaid(context) {
  if (!said) return;
  const first = firstIndex(said.time.length, (line) => said.time[line] >= view.from);
  const last = firstIndex(said.time.length, (line) => said.time[line] > view.to);
  const stride = Math.max(1, Math.ceil((last - first) / 2000));
  const size = clamp(lanes.height / 8, 1.5, 4);
  context.fillStyle = colour("said");
  for (let line = first; line < last; line += stride) {
    const [x, y] = [xOf(said.time[line]), lanes.y(said.node[line])];
    context.fillRect(x - size / 2, y - size, size, size * 2);
  }
}

/** The line of stderr nearest to a place, if one is near. */
function saidAt(x, y) {
  if (!said) return -1;
  const node = lanes.at(y);
  if (Math.abs(lanes.y(node) - y) > 8) return -1;
  const first = firstIndex(said.time.length, (line) => xOf(said.time[line]) >= x - 5);
  for (let line = first; line < said.time.length && xOf(said.time[line]) <= x + 5; line++) if (said.node[line] === node) return line;
  return -1;
}
