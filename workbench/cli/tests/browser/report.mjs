// Opens reports in headless Chromium and does what a reader does. Called by `run`, with the browser, the directory of the
// reports, the workbench (to serve the store there) and, if screenshots are wanted, a directory for them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [browserPath, directory, workbench, screenshots] = process.argv.slice(2);
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const profile = mkdtempSync(join(tmpdir(), "reports-"));
const browser = await chromium.launchPersistentContext(profile, { executablePath: browserPath, headless: true, args: FLAGS });

/** Opens a page and runs a test on it; complaints of the page and requests for anything else but its `site` fail it. */
async function onPage(file, { viewport = DESKTOP, colorScheme = "light", site = null }, test) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.stack));
  const url = site ?? pathToFileURL(join(directory, file)).href;
  page.on("request", (request) => {
    const isHere = site ? request.url().startsWith(site) : request.url() === url;
    if (!isHere && !request.url().startsWith("data:")) complaints.push(`asks for ${request.url()}`);
  });
  await page.setViewportSize(viewport);
  // Nothing is to be on its way elsewhere when it is clicked on.
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  const start = performance.now();
  await page.goto(url);
  if (await page.locator("#diagram").count()) await page.waitForSelector("html[data-is-ready]");
  await settled(page);
  const name = `${file} ${colorScheme} ${viewport.width}`;
  console.log(`${name}: there after ${Math.round(performance.now() - start)} ms`);
  if (test) await test(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (!/timeline|svg/.test(file)) assert(width <= 0, `${name} is ${width} pixels too wide`);
  if (screenshots && !/timeline|svg/.test(file)) await page.screenshot({ path: join(screenshots, `${name.replaceAll(" ", "-")}.png`), fullPage: true });
  assert.deepEqual(complaints, [], name);
  await page.close();
}

/** Two frames later everything that was asked for is drawn. */
const settled = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve)))));
const position = (page) => page.textContent("#position");
const details = (page) => page.textContent("#details");
const viewOf = (page) => page.evaluate(() => [view.from, view.to]);
const width = ([from, to]) => to - from;

async function isDrawn(page, id) {
  const colours = await page.evaluate((id) => {
    const canvas = document.getElementById(id);
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, id);
  assert(colours > 3, `${id} is blank`);
}

/** The middle of some message on the screen, of those that a test accepts. */
const placeOf = (page, test) => page.evaluate((test) => {
  canvas.scrollIntoView({ block: "center" });
  const box = canvas.getBoundingClientRect();
  const accepts = eval(test);
  for (const row of drawn.filter(accepts)) {
    const [x1, y1, x2, y2] = ends(row);
    // A mouse points at whole pixels.
    const [x, y] = [Math.round(box.left + (x1 + x2) / 2), Math.round(box.top + (y1 + y2) / 2)];
    const [inside, down] = [x - box.left, y - box.top];
    const isHit = rowAt(inside, down) === row && rowAt(Math.round(inside), Math.round(down)) === row;
    if (inside > GUTTER + 5 && inside < box.width - 20 && isHit) return { row, x, y };
  }
  return null;
}, test);

async function zoomsAndMoves(page) {
  await page.click("#zoom-all");
  await settled(page);
  const all = await viewOf(page);
  await page.click("#zoom-in");
  await page.click("#zoom-in");
  await settled(page);
  assert(Math.abs(width(await viewOf(page)) - width(all) / 4) < 2, "the button zooms in");
  const box = await page.evaluate(() => {
    canvas.scrollIntoView({ block: "center" });
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return { left, top, width, height };
  });
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const before = await viewOf(page);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 150, y, { steps: 5 });
  await page.mouse.up();
  const after = await viewOf(page);
  assert(after[0] > before[0] && Math.abs(width(after) - width(before)) < 2, "dragging moves");
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  assert(width(await viewOf(page)) < width(after), "Ctrl and the wheel zoom");
  await page.focus("#diagram");
  await page.keyboard.press("0");
  assert.deepEqual(await viewOf(page), all, "0 shows all");
  await page.keyboard.press("+");
  assert(width(await viewOf(page)) < width(all), "+ zooms in");
}

async function tellsOfMessages(page) {
  const place = await placeOf(page, "(row) => !rows.touchesClient(row)");
  assert(place, "a message between servers is on the screen");
  await page.mouse.move(place.x, place.y);
  const shown = await page.textContent("#tooltip");
  const body = await page.evaluate((row) => rows.body(row).slice(0, 40), place.row);
  assert(shown.includes(body) && shown.includes("→"), `the tooltip shows the body: ${shown}`);
  await page.mouse.click(place.x, place.y);
  assert((await details(page)).includes("sent at"), "a click tells of the message");
  assert.equal(await page.evaluate(() => selection.row), place.row);
  await page.keyboard.press("Escape");
  assert.equal(await details(page), "", "Escape forgets it");
}

/** From message to message, with keys alone, and what could have caused one. */
async function travels(page) {
  await page.focus("#diagram");
  const selected = () => page.evaluate(() => selection.row);
  await page.keyboard.press("ArrowRight");
  const first = await selected();
  await page.keyboard.press("ArrowRight");
  const second = await selected();
  assert(first >= 0 && second > first, "→ goes to the next message");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await selected(), first, "← goes back");
  await page.keyboard.press("c");
  assert.match(await details(page), /could have caused it.*it could cause/s);
  const isCausal = await page.evaluate(() => {
    const { row, past, future } = selection.cone;
    return [...past].every((before) => rows.end[before] <= rows.sent[row]) && [...future].every((after) => rows.sent[after] >= rows.end[row]);
  });
  assert(isCausal, "what is in the past ended before, what is in the future began after");
  await page.keyboard.press("c");
  await page.keyboard.press(" ");
  await page.waitForFunction((row) => selection.row > row, first);
  await page.keyboard.press(" ");
  const [cursor, from] = await page.evaluate(() => [selection.cursor, view.from]);
  assert(cursor >= from, "the moment that is looked at follows");
  await page.keyboard.press("Escape");
}

/** Where the messages are that prove what is wrong, they are in view, and marked. */
async function opensAtProof(page, words) {
  assert.equal(await page.textContent("h1"), "Invalid");
  assert.match(await page.textContent(".because"), words);
  const { proof, shown, marked } = await page.evaluate(() => ({
    proof: selection.proof,
    marked: data.proofs[0].rows.length,
    shown: data.proofs[0].rows.filter((row) => drawn.includes(row)).length,
  }));
  assert(proof === 0 && marked > 0 && shown === marked, `${shown} of ${marked} messages that prove it are in view`);
}

for (const colorScheme of ["light", "dark"]) {
  for (const viewport of [DESKTOP, PHONE]) {
    for (const name of ["valid", "small", "partitioned", "lost", "unheard", "cycle", "huge", "skip", "stale", "fork", "sum", "crashed"]) await onPage(`${name}.html`, { viewport, colorScheme });
    await onPage("sweep.html", { viewport, colorScheme });
  }
}

await onPage("valid.html", {}, async (page) => {
  assert.equal(await page.textContent("h1"), "Valid");
  for (const id of ["diagram", "overview", "chart-latency", "chart-quantiles", "chart-rate", "chart-messages", "chart-stable", "chart-links"]) await isDrawn(page, id);
  assert.match(await details(page), /reached all 25 nodes/, "it opens at a value on its way");
  const place = await placeOf(page, "(row) => rows.steps[selection.value].includes(row) && !rows.touchesClient(row)");
  await page.mouse.click(place.x, place.y);
  assert.match(await details(page), /Value \d+ reached all 25 nodes.*gossip1/s, "a click on a message follows its value");
  await tellsOfMessages(page);
  await zoomsAndMoves(page);
  await travels(page);
  await page.fill("#from-to", "10 - 10.2");
  await page.keyboard.press("Enter");
  assert.deepEqual((await viewOf(page)).map(Math.round), [10000000, 10200000], "a window can be typed");
  await page.locator("#diagram").hover();
  assert.match(await page.textContent("#told"), /n0\s*holds \d+/, "what nodes thought at that moment");
});

await onPage("partitioned.html", {}, async (page) => {
  assert(await page.evaluate(() => data.faults.length > 0 && data.faults.every((fault) => fault.from_us < fault.to_us)));
  await zoomsAndMoves(page);
});

await onPage("lost.html", {}, async (page) => {
  assert.equal(await page.textContent("h1"), "Invalid");
  const { proof, rows, value } = await page.evaluate(() => ({ proof: selection.proof, value: selection.value, rows: data.proofs[0].rows.length }));
  assert(proof === 0 && rows > 0 && value >= 0, "it opens at the value that was lost");
  const opened = await viewOf(page);
  await page.click("button.plain >> nth=0");
  await settled(page);
  assert.notDeepEqual(await viewOf(page), opened, "the time of an operation leads there");
  await page.click("button.show >> nth=0");
  await settled(page);
  assert.deepEqual(await viewOf(page), opened, "and the button back");
  await tellsOfMessages(page);
});

await onPage("unheard.html", {}, async (page) => {
  assert.equal(await page.textContent("h1"), "Invalid");
  for (const id of ["diagram", "chart-latency", "chart-quantiles", "chart-rate"]) await isDrawn(page, id);
  assert.equal(await page.locator("#chart-messages").count(), 0, "what is not known is not drawn");
  assert(await page.isVisible("text=is not known"));
  await page.click("button.show >> nth=0");
  await zoomsAndMoves(page);
});

await onPage("cycle.html", {}, async (page) => {
  await opensAtProof(page, /read key \d+ .* and then wrote it/);
  const circle = page.locator("details.proof", { has: page.locator(".cycle") }).first();
  await circle.locator("summary").click();
  assert(await circle.locator(".cycle").isVisible(), "the circle of transactions is drawn");
  await circle.locator("button.show").click();
  assert(await page.evaluate(() => selection.proof > 0), "each anomaly can be shown");
});

await onPage("huge.html", {}, async (page) => {
  const events = await page.evaluate(() => rows.length);
  assert(events > 45000, `${events} messages`);
  await page.click("#zoom-all");
  await settled(page);
  const [arrows, most] = await page.evaluate(() => [drawn.filter((row) => !rows.isDropped(row)).length, MAX_ARROWS]);
  assert(arrows <= most, "where there are too many arrows a sample is drawn");
  assert.match(await position(page), /one in \d+ drawn/);
  const frames = 20;
  const took = await page.evaluate((frames) => new Promise((resolve) => {
    const start = performance.now();
    let count = 0;
    const next = () => {
      if (count++ === frames) return resolve(performance.now() - start);
      zoom(count % 2 ? 0.9 : 1.1);
      requestAnimationFrame(next);
    };
    next();
  }), frames);
  console.log(`huge: ${Math.round(took / frames)} ms a frame, ${events} messages in view`);
  await zoomsAndMoves(page);
});

await onPage("skip.html", {}, async (page) => {
  await opensAtProof(page, /jumping over/);
  assert(await page.locator(".log .skipped").count() > 0, "the offsets that were skipped are marked");
});
await onPage("stale.html", {}, (page) => opensAtProof(page, /No order of the operations on key \d+ explains how op \d+ (read|set) \d+/));
await onPage("fork.html", {}, (page) => opensAtProof(page, /./));
await onPage("sum.html", {}, (page) => opensAtProof(page, /A final read saw \d+, \d+ too few, where the adds allow only \d+/));

await onPage("crashed.html", {}, async (page) => {
  assert.equal(await page.textContent("h1"), "No verdict");
  assert.match(await page.textContent(".last-words"), /there is no <disk>/, "what the node said last is there, as text");
  assert.equal(await page.locator(".charts canvas").count(), 0, "nothing is drawn of operations that there were none of");
});

const serve = spawn(workbench, ["serve", "-p", "0"], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => serve.kill());
const [said] = await once(serve.stdout, "data");
const site = String(said).match(/http:\S+/)[0];
for (const viewport of [DESKTOP, PHONE]) await onPage("runs", { viewport, site });
await onPage("runs", { site }, async (page) => {
  assert(await page.locator("table.runs tbody tr").count() > 10, "all runs are listed");
  await page.locator("tr", { hasText: "a sweep over 20 seeds" }).locator(".when a").click();
  await page.waitForURL(/sweep\.html$/);
  await page.locator("p.caption a").first().click();
  await page.waitForURL(/report\.html$/);
  await settled(page);
  assert.equal(await page.textContent("h1"), "Valid", "a sweep leads to the replays of its worst seeds");
  await isDrawn(page, "diagram");
});

const lab = spawn(workbench, ["lab", "-p", "0"], { stdio: ["ignore", "pipe", "inherit"] });
process.on("exit", () => lab.kill());
const labSite = String((await once(lab.stdout, "data"))[0]).match(/http:\S+/)[0];
for (const colorScheme of ["light", "dark"]) for (const viewport of [DESKTOP, PHONE]) await onPage("lab", { viewport, colorScheme, site: labSite });
await onPage("lab-played", { site: labSite }, async (page) => {
  const words = () => page.getAttribute("#lab", "data-words");
  const runs = (count) => page.waitForFunction((count) => document.documentElement.dataset.isReady && document.querySelectorAll("#lab-runs tbody tr").length === count, count);
  await page.locator("input[name=nodes]").focus();
  await page.keyboard.press("ArrowRight");
  await runs(2);
  assert.match(await words(), /--node-count 6 /, "a slider, by keyboard, is a run");
  const place = await placeOf(page, "(row) => !rows.touchesClient(row)");
  await page.mouse.click(place.x, place.y);
  await page.click("#details button[data-act^=cut]");
  await runs(3);
  assert.match(await words(), /--at '[\d.]+s cut n\d n\d'/, "a click on a message cuts its link there");
  assert(await page.evaluate(() => data.faults.length > 1), "and the run shows it");
  const refused = await fetch(labSite, { method: "POST", headers: { origin: "http://evil.example" }, body: "seed=1" });
  assert.equal(refused.status, 403, "a page of somebody else may not drive it");
});
lab.kill();

for (const file of ["valid-timeline.html", "lost-timeline.html", "valid.svg", "lost.svg"]) await onPage(file, {});

serve.kill();
await browser.close();
rmSync(profile, { recursive: true });
console.log("the reports work");
