// What all parts of the page use: the data, colours, numbers, canvases.

const data = JSON.parse(document.getElementById("data").textContent);

/** Bytes that were packed: deflated, in base64. */
async function unpacked(text) {
  const bytes = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const unpackedJson = async (text) => JSON.parse(new TextDecoder().decode(await unpacked(text)));

/**
 * Reads whole numbers, column after column: varints, zigzag.
 * @returns a function that fills an array with the next column; of differences it makes their sums
 */
function columnsIn(bytes) {
  let at = 0;
  return (column, areDifferences = false) => {
    let sum = 0;
    for (let row = 0; row < column.length; row++) {
      let byte = bytes[at++];
      let number = byte & 127;
      for (let scale = 128; byte > 127; scale *= 128) {
        byte = bytes[at++];
        number += (byte & 127) * scale;
      }
      number = number % 2 === 0 ? number / 2 : -(number + 1) / 2;
      column[row] = areDifferences ? (sum += number) : number;
    }
    return column;
  };
}

/** An element of the page. */
const element = (id) => document.getElementById(id);

/** Colours come from the style sheet, so that they follow the reader's preference. */
const colour = (() => {
  let cache = new Map();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (cache = new Map()));
  return (name) => {
    if (!cache.has(name)) {
      cache.set(name, getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim());
    }
    return cache.get(name);
  };
})();

const SANS = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const font = (size) => `${size}px ${SANS}`;

/** Keeps a number between two others. */
const clamp = (number, least, most) => Math.min(Math.max(number, least), most);

/** The first index from which on `test` holds; it must hold from some index on. */
function firstIndex(length, test) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A moment, given in microseconds, with as many digits as a step of `step` needs. */
function moment(us, step = 1000) {
  const digits = clamp(6 - Math.floor(Math.log10(step)), 0, 6);
  const text = (us / 1e6).toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text) + " s";
}

/** A stretch of time, given in microseconds. */
function duration(us) {
  if (us >= 1e6) return (us / 1e6).toFixed(us >= 1e7 ? 1 : 2) + " s";
  if (us >= 1e3) return (us / 1e3).toFixed(us >= 1e5 ? 0 : 1) + " ms";
  return us + " µs";
}

/** A number with its thousands apart; small ones with up to two digits after the point. */
function figure(number) {
  return number.toLocaleString("en-US", { maximumFractionDigits: Math.abs(number) < 10 ? 2 : 0 });
}

/** "1 message", "1,234 messages". */
const counted = (count, thing) => `${figure(count)} ${thing}${count === 1 ? "" : "s"}`;

/** About `count` round numbers from `from` to `to`. */
function ticks(from, to, count) {
  const raw = (to - from) / Math.max(count, 1) || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw * 0.999);
  const found = [];
  for (let count = Math.ceil(from / step - 1e-9); count * step <= to + step * 1e-9; count++) found.push(count * step || 0);
  return { step, at: found };
}

/**
 * Readies a canvas for drawing in CSS pixels, however many the screen has to one of them, and clears it.
 * @returns the context, and the width in CSS pixels.
 */
function prepare(canvas, height) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  canvas.style.height = height + "px";
  const size = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width };
}

/** Shades faults on a time axis. */
function shade(context, x, left, right, top, height, faults = data.faults) {
  context.fillStyle = colour("fault");
  for (const fault of faults) {
    const from = clamp(x(fault.from_us), left, right);
    const to = clamp(x(fault.to_us), left, right);
    if (to > from) context.fillRect(from, top, to - from, height);
  }
}

/** The faults at a moment, as HTML; nothing if there are none. */
function faultsAt(at) {
  const there = data.faults.filter((fault) => fault.from_us <= at && at <= fault.to_us);
  const short = (text) => (text.length > 160 ? text.slice(0, 160) + "…" : text);
  return there.map((fault) => `<b>${escaped(fault.name)}</b> ${escaped(short(fault.what))}`).join("<br>");
}

/** Draws again at the next frame, once, however often it is asked. */
function atNextFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

/** Draws now, and again whenever the canvas has another width or the colours change. */
function keepDrawn(canvas, draw) {
  const again = atNextFrame(draw);
  let width = 0;
  new ResizeObserver(() => {
    if (canvas.clientWidth !== width) {
      width = canvas.clientWidth;
      again();
    }
  }).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(again));
  return again;
}

/** The one tooltip of the page: `html` must be made of `escaped` text. */
const tooltip = (() => {
  const box = document.createElement("div");
  box.id = "tooltip";
  box.hidden = true;
  document.body.append(box);
  return {
    show(event, html) {
      box.innerHTML = html;
      box.hidden = false;
      const { width, height } = box.getBoundingClientRect();
      const left = event.clientX + 14 + width > innerWidth ? event.clientX - width - 14 : event.clientX + 14;
      const top = event.clientY + 14 + height > innerHeight ? event.clientY - height - 14 : event.clientY + 14;
      box.style.left = clamp(left, 4, Math.max(4, innerWidth - width - 4)) + "px";
      box.style.top = Math.max(4, top) + "px";
    },
    hide() {
      box.hidden = true;
    },
  };
})();

/** Text as HTML: whatever nodes wrote, it stays text. */
function escaped(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (character) => names[character]);
}
