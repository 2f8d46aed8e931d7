// The lab's controls: each change is a new run, and the last ones are kept beside it.

/** Runs that are kept, as long as the tab is open. */
const KEPT_RUNS = 8;

const lab = element("lab");

const recall = (key) => {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
};

function runAgain() {
  sessionStorage.setItem("place", JSON.stringify({ y: scrollY, view: [view.from, view.to], end: span[1], focus: document.activeElement?.name }));
  lab.requestSubmit();
}

/** Asks for the run that these words ask for, whatever the controls say. */
function runWords(words) {
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "words", value: words });
  lab.append(field);
  lab.requestSubmit();
}

/** Adds an act to the script. */
function actByHand(at, act) {
  const script = lab.elements.script;
  script.value = [...script.value.split("\n").filter((line) => line.trim()), `${(Math.max(at, 0) / 1e6).toFixed(3)}s ${act}`].join("\n");
  runAgain();
}

/** What can be done where a message is: offered beside it. */
function actsAt(row) {
  if (!lab) return "";
  const at = rows.sent[row];
  const nodes = [rows.src[row], rows.dest[row]].filter((name) => name < rows.nodes);
  const act = (act, words) => `<button type="button" data-at="${at}" data-act="${escaped(act)}">${words}</button>`;
  const cut = nodes.length === 2 && nodes[0] !== nodes[1] ? act(`cut ${rows.names[nodes[0]]} ${rows.names[nodes[1]]}`, `cut ${nameOf(nodes[0])} – ${nameOf(nodes[1])}`) : "";
  const kills = [...new Set(nodes)].map((name) => act(`kill ${rows.names[name]}`, `kill ${nameOf(name)}`)).join("");
  return `<div class="chips"><span class="muted">At this moment:</span> ${cut}${act("heal", "heal all links")}${kills}${act("start", "start the dead")}</div>`;
}

function keepRun() {
  const figures = [...document.querySelectorAll(".figures div")].map((figure) => [figure.querySelector("dt").textContent, figure.querySelector("dd").textContent]);
  const verdict = document.querySelector("h1")?.textContent ?? "";
  const words = lab.dataset.words;
  const runs = [{ words, verdict, figures }, ...(recall("runs") ?? []).filter((run) => run.words !== words)].slice(0, KEPT_RUNS);
  sessionStorage.setItem("runs", JSON.stringify(runs));
  if (runs.length < 2) return;
  const names = ["operations", "messages between servers", "per operation", "messages dropped", "median stable latency", "longest stable latency"].filter((name) => runs.some((run) => run.figures.some(([known]) => known === name)));
  const cell = (run, name) => escaped((run.figures.find(([known]) => known === name) ?? ["", "–"])[1]);
  const row = (run, number) => `<tr${number === 0 ? ' class="now"' : ""}><td>${escaped(run.verdict)}</td>${names.map((name) => `<td class="number">${cell(run, name)}</td>`).join("")}<td><button type="button" class="plain" data-run="${number}"><code>${escaped(run.words)}</code></button></td></tr>`;
  const table = element("lab-runs");
  table.innerHTML = `<caption>the last runs</caption><thead><tr><th></th>${names.map((name) => `<th class="number">${name}</th>`).join("")}<th></th></tr></thead><tbody>${runs.map(row).join("")}</tbody>`;
  table.hidden = false;
  table.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) runWords(runs[Number(button.dataset.run)].words);
  });
}

function listenToLab() {
  if (!lab) return;
  lab.addEventListener("input", (event) => {
    if (event.target.type === "range") event.target.parentElement.querySelector("output").textContent = event.target.value;
  });
  lab.addEventListener("change", (event) => event.target.name && runAgain());
  element("examples").addEventListener("change", (event) => event.target.value && runWords(event.target.value));
  element("copy").addEventListener("click", async (event) => {
    const line = `workbench sim ${lab.dataset.words}`;
    await navigator.clipboard.writeText(line).catch(() => getSelection().selectAllChildren(lab.querySelector(".lab-line code")));
    event.target.textContent = "copied";
  });
  element("details").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.act) actByHand(Number(button.dataset.at), button.dataset.act);
  });
  keepRun();
  const place = recall("place");
  sessionStorage.removeItem("place");
  if (!place) return;
  if (place.end === span[1]) look(...place.view);
  scrollTo(0, place.y);
  if (place.focus) lab.elements[place.focus]?.focus({ preventScroll: true });
}
