// Time travel: from message to message, forward and back, by hand or by itself.

/** Messages a second while it plays, and how much of the view is left before it moves on. */
const PACE = 6;
const MARGIN = 0.15;

/** Messages that are stepped through: those between servers, or all if there are no others, or if the reader wants all. */
const hasServerMessages = (() => {
  for (let row = 0; row < rows.length; row++) if (!rows.touchesClient(row)) return true;
  return false;
})();
const isStep = (row) => !hasServerMessages || element("with-clients").checked || !rows.touchesClient(row);

/** The message from which the next step goes: the selected one, or the last before the moment or the view. */
function standing() {
  if (selection.row >= 0) return selection.row;
  const at = selection.cursor ?? view.from;
  return firstIndex(rows.length, (row) => rows.sent[row] >= at) - 1;
}

/** Goes to the next message, or to the one before. Says whether there was one. */
function step(direction) {
  let row = standing() + (direction > 0 ? 1 : selection.row >= 0 ? -1 : 0);
  while (row >= 0 && row < rows.length && !isStep(row)) row += direction;
  if (row < 0 || row >= rows.length) return false;
  selectRow(row, true);
  const width = view.to - view.from;
  const end = Math.min(rows.end[row], span[1]);
  const [low, high] = [view.from + width * MARGIN, view.to - width * MARGIN];
  if (rows.sent[row] < low || end > high) {
    const middle = (rows.sent[row] + end) / 2;
    look(middle - width / 2, middle + width / 2);
  }
  return true;
}

let playing = null;

function play(isOn) {
  if (playing) clearInterval(playing);
  playing = isOn ? setInterval(() => step(1) || play(false), 1000 / PACE) : null;
  const button = element("play");
  button.textContent = isOn ? "❚❚" : "▶";
  button.setAttribute("aria-pressed", isOn);
}

function listenToTravel() {
  if (rows.length === 0) return;
  element("step-back").addEventListener("click", () => step(-1));
  element("step-on").addEventListener("click", () => step(1));
  element("play").addEventListener("click", () => play(!playing));
  element("with-clients").closest("label").hidden = !hasServerMessages;
}

/** From when to when, as a reader writes it: `12.5` or `12 - 14.25`, in seconds. */
function listenToWindow() {
  element("window").addEventListener("submit", (event) => {
    event.preventDefault();
    const numbers = (element("from-to").value.match(/-?[\d.]+(?!\d)/g) || []).map((text) => Math.abs(Number(text)) * 1e6);
    if (numbers.length === 0 || numbers.some(Number.isNaN)) return;
    const [from, to = from + (view.to - view.from)] = numbers;
    look(Math.min(from, to), Math.max(from, to));
  });
}

/** Shows a message's cone, or no longer. */
function toggleCone() {
  selection.cone = selection.cone || selection.row < 0 ? null : coneOf(selection.row);
  showDetails();
  redraw();
}

/** A message's cone in words. */
function coneDetails() {
  const { cone } = selection;
  if (!cone) return "";
  const between = (set) => counted([...set].filter((row) => !rows.touchesClient(row)).length, "message");
  const nodes = (bounds) => counted([...bounds.keys()].filter((name) => name < rows.nodes).length, "node");
  return `<p><i class="past">■</i> could have caused it: ${between(cone.past)} between servers, at ${nodes(cone.until)}. <i class="future">■</i> it could cause: ${between(cone.future)}, at ${nodes(cone.since)}. All else is concurrent with it.</p>`;
}
