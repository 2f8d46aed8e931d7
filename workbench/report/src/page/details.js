// What is selected, in words: a message and its body, a value and the way it took.

/** Steps of a value's way that are told; the diagram shows all. */
const MAX_TOLD = 40;
const FATES = ["arrived", "dropped by a cut link", "lost", "under way at the end"];

const nameOf = (name) => escaped(rows.names[name]);
const link = (row) => `${nameOf(rows.src[row])} → ${nameOf(rows.dest[row])}`;
const typeOf = (row) => escaped(rows.types[rows.kind[row]] || "message");

/** A message in one line. */
function headline(row) {
  const took = Number.isFinite(rows.end[row]) ? ` after ${duration(rows.end[row] - rows.sent[row])}` : "";
  return `<b>${typeOf(row)}</b> ${link(row)}, sent at ${moment(rows.sent[row], 100)}, ${FATES[rows.fate[row]]}${took}`;
}

function indented(body) {
  try {
    const text = JSON.stringify(JSON.parse(body));
    return text.length > 100 ? JSON.stringify(JSON.parse(body), null, 1).replace(/\n\s*(?=[\d\]"-])/g, " ") : text;
  } catch {
    return body;
  }
}

/** The body, or where it is. */
function bodyOf(row) {
  return rows.body(row) ?? `(its body is in net-journal/messages.jsonl: grep '^{"id":${rows.id[row]},')`;
}

function messageDetails(row) {
  const other = otherHalf(row);
  const partner = other < 0 ? "" : `<div class="chips"><button type="button" data-row="${other}">${rows.sent[other] < rows.sent[row] ? "what it answers" : "its answer"}: ${typeOf(other)}</button></div>`;
  const values = valuesOfRow(row).filter((value) => value !== selection.value);
  const shown = values.slice(0, 30).map((value) => `<button type="button" data-value="${value}">${escaped(rows.values[value])}</button>`);
  const more = values.length > 30 ? `<span class="muted">and ${values.length - 30} more</span>` : "";
  const chips = values.length === 0 ? "" : `<div class="chips"><span class="muted">It also brought</span> ${shown.join("")} ${more}</div>`;
  return `<div>${headline(row)}<pre>${escaped(indented(bodyOf(row)))}</pre>${coneDetails()}<div class="chips"><button type="button" data-cone="1" title="Lamport's happened-before (c)">${selection.cone ? "forget" : "show"} what could have caused it, and what it could cause</button></div>${actsAt(row)}${partner}${chips}</div>`;
}

/** A step of a value's way. */
function stepDetails(row) {
  const at = Number.isFinite(rows.end[row]) ? rows.end[row] : rows.sent[row];
  const toClient = rows.isClient(rows.dest[row]);
  const what = rows.isDropped(row) ? FATES[rows.fate[row]]
    : rows.isClient(rows.src[row]) ? `a client brings it: ${typeOf(row)}`
    : toClient ? `a client sees it: ${typeOf(row)}` : typeOf(row);
  return `<li${rows.isDropped(row) ? ' class="dropped"' : ""}><span>${moment(at, 1000)}</span><span>${link(row)}</span><span>${what}</span></li>`;
}

function valueDetails(value) {
  const steps = rows.steps[value];
  const reached = new Set(steps.filter((row) => rows.fate[row] === DELIVERED && !rows.isClient(rows.dest[row])).map((row) => rows.dest[row]));
  const dropped = steps.filter(rows.isDropped).length;
  const took = lastArrival(value) - rows.sent[steps[0]];
  const all = reached.size === rows.nodes;
  const reach = all ? `reached all ${rows.nodes} nodes within ${duration(took)}` : `reached ${reached.size} of ${rows.nodes} nodes`;
  const drops = dropped > 0 ? `; ${counted(dropped, "message")} with it ${dropped === 1 ? "was" : "were"} dropped` : "";
  const told = steps.slice(0, MAX_TOLD).map(stepDetails).join("");
  const more = steps.length > MAX_TOLD ? `<p class="muted">and ${counted(steps.length - MAX_TOLD, "more step")}</p>` : "";
  const open = steps.length <= 12 ? " open" : "";
  return `<div>Value <b>${escaped(rows.values[value])}</b> ${reach}${drops}.<details${open}><summary>its way, step by step</summary><ol>${told}</ol>${more}</details></div>`;
}

/** When a value came to the last node that it reached. */
function lastArrival(value) {
  let last = rows.sent[rows.steps[value][0]];
  for (const row of rows.steps[value]) {
    if (rows.fate[row] === DELIVERED && !rows.isClient(rows.dest[row])) last = Math.max(last, rows.end[row]);
  }
  return last;
}

/** Selects something, or nothing; what is not named is forgotten. */
function select({ row = -1, value = -1, proof = -1 }) {
  const cone = selection.cone && row >= 0 ? coneOf(row) : null;
  Object.assign(selection, { row, value, proof, cone });
  if (row >= 0) selection.cursor = Math.min(Number.isFinite(rows.end[row]) ? rows.end[row] : rows.sent[row], span[1]);
  showDetails();
  tellMoment();
  redraw();
}

function showDetails() {
  const { row, value } = selection;
  const parts = [];
  if (row >= 0) parts.push(messageDetails(row));
  if (value >= 0) parts.push(valueDetails(value));
  element("details").innerHTML = parts.join("");
}

/** Selects a message, and a value that it carries; if `keeps`, what else was selected stays. */
function selectRow(row, keeps = false) {
  const values = valuesOfRow(row);
  const value = values.includes(selection.value) || (keeps && selection.value >= 0) ? selection.value : values.length > 0 ? values[0] : -1;
  select({ row, value, proof: keeps ? selection.proof : -1 });
}

/** Selects a value and looks at all of its way. */
function selectValue(value) {
  select({ value });
  lookAtValue(value);
}

function lookAtValue(value) {
  const from = rows.sent[rows.steps[value][0]];
  const width = Math.max(lastArrival(value) - from, 2000);
  look(from - width * 0.25, from + width * 1.4);
}

/** Looks at a stretch of time with a little before and after it. */
function lookAround(from, to) {
  const around = Math.max((to - from) * 0.6, 300);
  look(from - around, to + around);
}

/** Shows a proof: its messages and its value's way. Of a value that was lost, that is where it should have gone. */
function showProof(number) {
  const proof = data.proofs[number];
  const value = proof.chain === null ? -1 : proof.chain;
  select({ proof: number, value });
  if (!proof.span) return;
  const steps = value < 0 ? [] : rows.steps[value].filter((row) => !rows.isClient(rows.dest[row]));
  if (proof.kind === "lost" && steps.length > 0) {
    const ends = steps.map((row) => (Number.isFinite(rows.end[row]) ? rows.end[row] : rows.sent[row]));
    // If all who had it were killed, that is when it was lost.
    ends.push(...holdings(value).map(({ to }) => to).filter(Number.isFinite));
    return lookAround(rows.sent[steps[0]], Math.max(...ends));
  }
  lookAround(...proof.span);
}
