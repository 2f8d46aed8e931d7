// What the reader does, and what the page opens with.

/** Dragging with one pointer moves, two pinch; a press without a move is a click. */
function listenToPointers() {
  const pointers = new Map();
  let moved = 0;
  let pinch = 0;
  canvas.addEventListener("pointerdown", (event) => {
    pointers.set(event.pointerId, event.offsetX);
    canvas.setPointerCapture(event.pointerId);
    moved = 0;
    pinch = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return point(event);
    const before = pointers.get(event.pointerId);
    pointers.set(event.pointerId, event.offsetX);
    if (pointers.size === 2) {
      const [one, other] = [...pointers.values()];
      const apart = Math.max(Math.abs(one - other), 20);
      if (pinch > 0) zoom(pinch / apart, (one + other) / 2);
      pinch = apart;
    } else {
      moved += Math.abs(event.offsetX - before);
      const shift = ((event.offsetX - before) / plotWidth()) * (view.to - view.from);
      if (shift !== 0) look(view.from - shift, view.to - shift);
    }
    tooltip.hide();
  });
  const release = (event) => {
    if (event.type === "pointerup" && moved < 4 && pointers.size === 1) click(event);
    pointers.delete(event.pointerId);
    pinch = 0;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => tooltip.hide());
}

function point(event) {
  const row = rowAt(event.offsetX, event.offsetY);
  const line = saidAt(event.offsetX, event.offsetY);
  canvas.style.cursor = row >= 0 ? "pointer" : "grab";
  if (event.offsetX >= GUTTER) {
    selection.cursor = clamp(timeAt(event.offsetX), BEGINNING, span[1]);
    tellMoment();
    redraw();
  }
  if (line >= 0) return tooltip.show(event, `<b>${nameOf(said.node[line])}</b> wrote at ${moment(said.time[line], 1000)}<code>${escaped(said.texts[line])}</code>`);
  if (row >= 0) return tooltip.show(event, headline(row) + `<code>${escaped(bodyOf(row).slice(0, 600))}</code>`);
  const faults = faultsAt(timeAt(event.offsetX));
  if (faults && event.offsetX >= GUTTER) tooltip.show(event, faults);
  else tooltip.hide();
}

function click(event) {
  canvas.focus({ preventScroll: true });
  const reach = event.pointerType === "touch" ? 16 : 8;
  const row = rowAt(event.offsetX, event.offsetY, reach);
  if (row >= 0) selectRow(row);
  else select({});
}

/** The wheel scrolls the page unless the diagram has the focus or Ctrl is held; sideways it always moves the diagram. */
function listenToWheel() {
  canvas.addEventListener("wheel", (event) => {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const shift = (sideways / plotWidth()) * (view.to - view.from);
      look(view.from + shift, view.to + shift);
    } else if (event.ctrlKey || event.metaKey || document.activeElement === canvas) {
      zoom(Math.exp(clamp(event.deltaY, -200, 200) * 0.004), event.offsetX);
    } else {
      return;
    }
    event.preventDefault();
  }, { passive: false });
}

function listenToKeys() {
  const shift = (share) => look(view.from + (view.to - view.from) * share, view.to + (view.to - view.from) * share);
  const keys = {
    "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), "0": () => look(span[0], span[1]),
    ArrowLeft: () => step(-1), ArrowRight: () => step(1), ShiftArrowLeft: () => shift(-0.2), ShiftArrowRight: () => shift(0.2),
    " ": () => play(!playing), c: toggleCone, Escape: () => forget(),
  };
  canvas.addEventListener("keydown", (event) => {
    const key = (event.shiftKey && event.key.startsWith("Arrow") ? "Shift" : "") + event.key;
    if (event.ctrlKey || event.metaKey || !keys[key]) return;
    keys[key]();
    event.preventDefault();
  });
  element("zoom-in").addEventListener("click", keys["+"]);
  element("zoom-out").addEventListener("click", keys["-"]);
  element("zoom-all").addEventListener("click", keys["0"]);
  element("clear").addEventListener("click", keys.Escape);
}

function forget() {
  play(false);
  select({});
  lookAt(null);
}

/** In the overview a drag from inside the frame moves it; one from outside draws a new one; a click moves it there. */
function listenToOverview() {
  let drag = null;
  const at = (event) => ((event.offsetX - GUTTER) / plotWidth()) * span[1];
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    const here = at(event);
    const isInside = view.from <= here && here <= view.to;
    drag = { start: here, x: event.offsetX, offset: isInside ? here - view.from : null };
  });
  overview.addEventListener("pointermove", (event) => {
    if (event.buttons === 0 || !drag) return;
    const [here, width] = [at(event), view.to - view.from];
    if (drag.offset !== null) look(here - drag.offset, here - drag.offset + width);
    else if (Math.abs(event.offsetX - drag.x) > 3) look(Math.min(here, drag.start), Math.max(here, drag.start));
  });
  overview.addEventListener("pointerup", (event) => {
    const [here, half] = [at(event), (view.to - view.from) / 2];
    if (drag && Math.abs(event.offsetX - drag.x) <= 3) look(here - half, here + half);
    drag = null;
  });
}

function listenToButtons() {
  element("details").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.value) selectValue(Number(button.dataset.value));
    if (button.dataset.row) selectRow(Number(button.dataset.row));
    if (button.dataset.cone) toggleCone();
  });
  const proofs = element("proofs");
  if (proofs) proofs.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.proof) showProof(Number(button.dataset.proof));
    else lookAround(Number(button.dataset.from), Number(button.dataset.to));
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element("diagram-section").scrollIntoView({ behavior: isCalm ? "auto" : "smooth" });
  });
}

/** The value that shows best how values spread here: of those in the middle of the run, the one that went furthest. */
function exampleValue() {
  const count = rows.steps.length;
  const hops = (value) => rows.steps[value].filter((row) => !rows.touchesClient(row)).length;
  let [best, most] = [-1, 0];
  for (let value = Math.floor(count / 2); value < Math.min(count, Math.floor(count / 2) + 40); value++) {
    if (hops(value) > most) [best, most] = [value, hops(value)];
  }
  return best;
}

/** An invalid run opens at what proves it; any other at a value on its way, or at a stretch that can be read. */
function open() {
  const proof = data.proofs.findIndex((proof) => proof.span !== null);
  if (proof >= 0) return showProof(proof);
  const value = exampleValue();
  if (value >= 0) return selectValue(value);
  const readable = 300;
  const row = firstIndex(rows.length, (row) => rows.sent[row] >= 0) + readable;
  look(span[0], row < rows.length ? rows.sent[row] : span[1]);
}

listenToPointers();
listenToWheel();
listenToKeys();
listenToOverview();
listenToButtons();
listenToTravel();
listenToWindow();
drawCharts();
open();
tellMoment();
listenToLab();

// For whoever looks in from the browser's console, and for the tests.
Object.assign(globalThis, { data, rows, view, selection, lanes, span, canvas, ends, rowAt, zoom, look, step, coneOf, stateAt, GUTTER, MAX_ARROWS, LABELLED });
Object.defineProperty(globalThis, "drawn", { get: () => drawn, configurable: true });
document.documentElement.dataset.isReady = "yes";
