// A plot on a canvas: axes, shaded faults, and whatever marks its owner draws.

const CHART_HEIGHT = 226;

/**
 * Keeps a chart drawn.
 * @param canvas where
 * @param chart x and y: [from, to]; formatX, formatY; isTime (faults are shaded); isLog (the y axis);
 *   draw(context, x, y): the marks; key(): what their colours mean, as pairs of name and style;
 *   hover(x value): the tooltip's HTML, or nothing; faults of that moment are added
 */
function chart(canvas, chart) {
  if (!canvas) return;
  const margin = { left: 52, right: 10, top: 26, bottom: 24 };
  let scale = null;
  const draw = () => {
    const { context, width } = prepare(canvas, CHART_HEIGHT);
    const [right, bottom] = [width - margin.right, CHART_HEIGHT - margin.bottom];
    const along = (at, [from, to], low, high) => low + ((at - from) / (to - from || 1)) * (high - low);
    const bend = chart.isLog ? Math.log10 : (number) => number;
    const yRange = chart.y.map(bend);
    const x = (at) => along(at, chart.x, margin.left, right);
    const y = (at) => along(bend(at), yRange, bottom, margin.top);
    scale = { x, y, right, bottom };
    if (chart.isTime) shade(context, x, margin.left, right, margin.top, bottom - margin.top);
    axes(context, chart, scale, margin);
    context.save();
    context.beginPath();
    context.rect(margin.left, margin.top - 4, right - margin.left, bottom - margin.top + 5);
    context.clip();
    chart.draw(context, x, y);
    context.restore();
    if (chart.key) drawKey(context, chart.key(), right);
  };
  keepDrawn(canvas, draw);
  if (!chart.hover && !chart.isTime) return;
  canvas.addEventListener("pointermove", (event) => {
    if (!scale) return;
    const share = (event.offsetX - margin.left) / (scale.right - margin.left);
    if (share < 0 || share > 1) return tooltip.hide();
    const at = chart.x[0] + share * (chart.x[1] - chart.x[0]);
    const html = [chart.hover && chart.hover(at), chart.isTime && faultsAt(at)].filter(Boolean).join("<br>");
    if (html) tooltip.show(event, html);
    else tooltip.hide();
  });
  canvas.addEventListener("pointerleave", () => tooltip.hide());
}

function axes(context, chart, { x, y, right, bottom }, margin) {
  context.font = font(11);
  context.fillStyle = colour("muted");
  context.strokeStyle = colour("grid");
  context.lineWidth = 1;
  const lines = chart.isLog ? powers(chart.y) : ticks(chart.y[0], chart.y[1], 4).at;
  context.textAlign = "right";
  context.textBaseline = "middle";
  context.beginPath();
  for (const at of lines) {
    const height = Math.round(y(at)) + 0.5;
    context.moveTo(margin.left, height);
    context.lineTo(right, height);
    context.fillText(chart.formatY(at), margin.left - 7, height);
  }
  context.stroke();
  context.textAlign = "center";
  context.textBaseline = "top";
  const across = ticks(chart.x[0], chart.x[1], clamp((right - margin.left) / 90, 2, 8));
  for (const at of across.at) context.fillText(chart.formatX(at, across.step), clamp(x(at), margin.left, right - 8), bottom + 8);
  context.strokeStyle = colour("rule");
  context.beginPath();
  context.moveTo(margin.left, bottom + 0.5);
  context.lineTo(right, bottom + 0.5);
  context.stroke();
}

/** The powers of ten in a range. */
function powers([from, to]) {
  const found = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); power <= Math.log10(to) + 1e-9; power++) found.push(10 ** power);
  return found;
}

/** Draws a line through points. */
function drawLine(context, points, style, width = 1.6) {
  context.strokeStyle = style;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.stroke();
}

/** Names the lines of a chart, at its top right. */
function drawKey(context, names, right) {
  context.font = font(11);
  context.textAlign = "right";
  context.textBaseline = "top";
  let at = right - 4;
  for (const [name, style] of [...names].reverse()) {
    context.fillStyle = style;
    context.fillText(name, at, 4);
    at -= context.measureText(name).width + 12;
  }
}
