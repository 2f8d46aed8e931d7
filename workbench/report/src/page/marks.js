// What stands on the diagram beside the arrows: labels, names of faults, the operations of a proof, the cone of a message, the
// moment that is looked at.

/** Arrows have labels if they are fewer. */
const LABELLED = 40;

/** Text that can be read on whatever is behind it. */
function haloed(context, text, x, y, style) {
  context.strokeStyle = colour("paper");
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeText(text, x, y);
  context.fillStyle = style;
  context.fillText(text, x, y);
}

/** What a message says, in a few letters. */
function labelOf(row) {
  const kind = rows.types[rows.kind[row]] || "message";
  const [most, body] = [26, rows.body(row)];
  let rest = "";
  try {
    const { type, msg_id, in_reply_to, ...fields } = JSON.parse(body ?? "{}");
    rest = Object.entries(fields).map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ");
  } catch {
    // What is no JSON, or was cut, has its type.
  }
  const text = `${kind} ${rest}`.trim();
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

function drawLabels(context) {
  context.font = font(11);
  const taken = [];
  for (const row of [...drawn].sort((one, other) => rows.touchesClient(one) - rows.touchesClient(other))) {
    const [x1, y1, x2, y2] = ends(row);
    const isShort = rows.touchesClient(row);
    const text = labelOf(row);
    const width = context.measureText(text).width;
    context.textAlign = isShort ? "left" : "center";
    context.textBaseline = "middle";
    const x = isShort ? Math.max(x1, x2) + 4 : clamp((x1 + x2) / 2, GUTTER + width / 2, GUTTER + plotWidth() - width / 2);
    const y = isShort ? Math.max(y1, y2) - 3 : y1 + ((x - x1) / (x2 - x1 || 1)) * (y2 - y1) || (y1 + y2) / 2;
    const box = { left: isShort ? x : x - width / 2, right: isShort ? x + width : x + width / 2, y };
    // Where there is no room, the tooltip has it.
    if (taken.some((other) => Math.abs(other.y - y) < 13 && other.left < box.right + 4 && box.left < other.right + 4)) continue;
    taken.push(box);
    haloed(context, text, x, clamp(y, HEAD, lanes.bottom), colour(rows.isDropped(row) ? "dropped" : "ink"));
  }
}

/** Names faults above the lanes, where there is room. */
function nameFaults(context, width) {
  context.font = font(11);
  context.textAlign = "left";
  context.textBaseline = "middle";
  let free = GUTTER;
  for (const fault of data.faults) {
    const left = Math.max(xOf(fault.from_us), free);
    const right = Math.min(xOf(fault.to_us), width - 12);
    let text = `${fault.name}: ${fault.what}`;
    if (right - left < 24) continue;
    while (text.length > 4 && context.measureText(text).width > right - left - 6) text = text.slice(0, -2) + "…";
    if (text.length <= 4) continue;
    context.fillStyle = colour("muted");
    context.fillText(text, left + 3, HEAD / 2);
    free = left + context.measureText(text).width + 12;
  }
}

/** The operations of the selected proof, numbered as there, on the lanes of the nodes that were asked. */
function drawEvidence(context) {
  if (selection.proof < 0) return;
  const taken = [];
  data.proofs[selection.proof].evidence.forEach(([, [from, to], node], number) => {
    if (node === null) return;
    const y = lanes.y(node);
    const [left, right] = [xOf(from), xOf(to)];
    context.strokeStyle = context.fillStyle = colour("bad");
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(Math.max(right, left + 2), y);
    context.stroke();
    let [x, up] = [clamp(left, GUTTER + 8, GUTTER + plotWidth() - 8), y - 15];
    while (taken.some(([other, height]) => Math.abs(other - x) < 18 && Math.abs(height - up) < 18)) x += 18;
    taken.push([x, up]);
    context.beginPath();
    context.arc(x, up, 8.5, 0, 7);
    context.fill();
    context.font = "600 " + font(11);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = colour("paper");
    context.fillText(number + 1, x, up + 0.5);
  });
}

/** Lanes are thick where what happened there could have caused the selected message, or could be caused by it. */
function drawCone(context, width) {
  const { cone } = selection;
  if (!cone) return;
  context.lineWidth = clamp(lanes.height / 6, 2, 7);
  for (const [bounds, style, isPast] of [[cone.until, "past", true], [cone.since, "future", false]]) {
    context.strokeStyle = colour(style);
    context.globalAlpha = 0.35;
    context.beginPath();
    for (const [name, at] of bounds) {
      if (!lanes.names.includes(name)) continue;
      const [left, right] = isPast ? [GUTTER, Math.min(xOf(at), width - 12)] : [Math.max(xOf(at), GUTTER), width - 12];
      if (right <= left) continue;
      context.moveTo(left, lanes.y(name));
      context.lineTo(right, lanes.y(name));
    }
    context.stroke();
    context.globalAlpha = 1;
  }
}

function drawCursor(context) {
  if (selection.cursor === null) return;
  const x = Math.round(xOf(selection.cursor)) + 0.5;
  context.strokeStyle = colour("chain");
  context.globalAlpha = 0.7;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, HEAD - 4);
  context.lineTo(x, lanes.bottom);
  context.stroke();
  context.globalAlpha = 1;
}
