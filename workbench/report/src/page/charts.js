// The plots of a run: latencies, rates, how values spread, who talks to whom.

const OUTCOMES = ["ok", "failed", "unknown"];
const BUCKETS = 48;
const time = (at, step) => moment(at, step);
const operations = data.operations;
const seriesColour = (number) => colour("series-" + (number % 4));
const outcomeColour = (outcome, name) => (outcome === 0 ? seriesColour(name) : colour(outcome === 1 ? "bad" : "unknown"));

/** From the first operation to the end of the run. */
const span = [0, Math.max(data.end, 1)];

/** The quantile of sorted numbers, without interpolation. */
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** Things by the stretch of time that they fall into. */
function buckets(count, timeOf) {
  const width = (span[1] - span[0]) / BUCKETS;
  const found = Array.from({ length: BUCKETS }, () => []);
  for (let index = 0; index < count; index++) {
    const at = timeOf(index);
    if (at >= span[0] && at <= span[1]) found[clamp(Math.floor((at - span[0]) / width), 0, BUCKETS - 1)].push(index);
  }
  return { width, found };
}

/** From the least to the greatest latency, in whole powers of ten. */
function latencyRange() {
  let [least, most] = [Infinity, 1];
  for (const took of operations.took) {
    if (took < 0) continue;
    least = Math.min(least, Math.max(took, 10));
    most = Math.max(most, took);
  }
  const low = 10 ** Math.floor(Math.log10(Math.min(least, 1000)));
  return [low, Math.max(most * 1.6, low * 100)];
}

function latencyChart() {
  const y = latencyRange();
  chart(element("chart-latency"), {
    x: span, y, isTime: true, isLog: true, formatX: time, formatY: duration,
    draw(context, x, y) {
      // The unhappy ones last, so that they are on top.
      for (const outcome of [0, 1, 2]) {
        operations.began.forEach((began, index) => {
          if (operations.outcome[index] !== outcome || operations.took[index] < 0) return;
          context.fillStyle = outcomeColour(outcome, operations.name[index]);
          context.globalAlpha = outcome === 0 ? 0.5 : 0.9;
          const size = outcome === 0 ? 2 : 3;
          context.fillRect(x(began) - size / 2, y(Math.max(operations.took[index], 10)) - size / 2, size, size);
        });
      }
      context.globalAlpha = 1;
    },
    key() {
      const names = operations.names.map((name, number) => [name, seriesColour(number)]);
      const has = (outcome) => operations.outcome.includes(outcome);
      for (const outcome of [1, 2]) if (has(outcome)) names.push([OUTCOMES[outcome], outcomeColour(outcome)]);
      return names;
    },
  });
}

function quantilesChart() {
  const { width, found } = buckets(operations.began.length, (index) => operations.began[index]);
  const shares = [["median", 0.5], ["95 %", 0.95], ["99 %", 0.99], ["longest", 1]];
  const sorted = found.map((indices) => indices.map((index) => operations.took[index]).filter((took) => took >= 0).sort((a, b) => a - b));
  const middle = (bucket) => span[0] + (bucket + 0.5) * width;
  chart(element("chart-quantiles"), {
    x: span, y: latencyRange(), isTime: true, isLog: true, formatX: time, formatY: duration,
    draw(context, x, y) {
      shares.forEach(([, share], number) => {
        // Stretches without operations are gaps.
        let points = [];
        sorted.forEach((took, bucket) => {
          if (took.length > 0) points.push([x(middle(bucket)), y(Math.max(quantile(took, share), 10))]);
          if (took.length > 0 && bucket < BUCKETS - 1) return;
          drawLine(context, points, seriesColour(number));
          points = [];
        });
      });
    },
    key: () => shares.map(([name], number) => [name, seriesColour(number)]),
    hover(at) {
      const took = sorted[clamp(Math.floor((at - span[0]) / width), 0, BUCKETS - 1)];
      if (took.length === 0) return null;
      return `${moment(at, 1e5)}: ` + shares.map(([name, share]) => `${name} ${duration(quantile(took, share))}`).join(", ");
    },
  });
}

function rateChart() {
  const ended = (index) => operations.began[index] + Math.max(operations.took[index], 0);
  const { width, found } = buckets(operations.began.length, ended);
  const perSecond = (outcome) => found.map((indices) => indices.filter((index) => operations.outcome[index] === outcome).length / (width / 1e6));
  const rates = [0, 1, 2].map(perSecond);
  const shown = [0, 1, 2].filter((outcome) => outcome === 0 || rates[outcome].some((rate) => rate > 0));
  barsOverTime("chart-rate", width, shown.map((outcome) => [OUTCOMES[outcome], rates[outcome], () => outcomeColour(outcome, 0)]));
}

/** Counted over the whole journal, of which the diagram may hold a part. */
function messagesChart() {
  const width = (span[1] - span[0]) / BUCKETS;
  const rate = (counts) => counts.map((count) => count / (width / 1e6));
  const series = [["delivered", rate(data.traffic.delivered), () => colour("server")]];
  const dropped = rate(data.traffic.dropped);
  if (dropped.some((rate) => rate > 0)) series.push(["dropped", dropped, () => colour("dropped")]);
  barsOverTime("chart-messages", width, series);
}

/** Bars that stand on one another, one for each stretch of time. */
function barsOverTime(id, width, series) {
  const canvas = element(id);
  if (!canvas) return;
  const most = Math.max(1, ...series[0][1].map((_, bucket) => series.reduce((sum, [, rates]) => sum + rates[bucket], 0)));
  chart(canvas, {
    x: span, y: [0, most * 1.15], isTime: true, formatX: time, formatY: figure,
    draw(context, x, y) {
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        let below = 0;
        for (const [, rates, style] of series) {
          const [left, right] = [x(span[0] + bucket * width), x(span[0] + (bucket + 1) * width)];
          context.fillStyle = style();
          context.fillRect(left + 0.5, y(below + rates[bucket]), Math.max(right - left - 1, 0.5), y(below) - y(below + rates[bucket]));
          below += rates[bucket];
        }
      }
    },
    key: () => (series.length > 1 ? series.map(([name, , style]) => [name, style()]) : []),
    hover(at) {
      const bucket = clamp(Math.floor((at - span[0]) / width), 0, BUCKETS - 1);
      return `${moment(at, 1e5)}: ` + series.map(([name, rates]) => `${figure(rates[bucket])} ${name} a second`).join(", ");
    },
  });
}

function stableChart() {
  const sorted = [...(data.stable || [])].sort((a, b) => a - b);
  if (sorted.length === 0) return;
  const limits = data.demands.filter((demand) => demand.of_latency !== null);
  const most = Math.max(sorted[sorted.length - 1], ...limits.map((demand) => demand.limit)) * 1.06 || 1;
  const shareWithin = (ms) => firstIndex(sorted.length, (index) => sorted[index] > ms) / sorted.length;
  chart(element("chart-stable"), {
    x: [0, most], y: [0, 1], formatX: (ms) => figure(ms) + " ms", formatY: (share) => Math.round(share * 100) + " %",
    draw(context, x, y) {
      const points = [[x(0), y(0)]];
      sorted.forEach((ms, index) => points.push([x(ms), y(index / sorted.length)], [x(ms), y((index + 1) / sorted.length)]));
      points.push([x(most), y(1)]);
      context.fillStyle = colour("server");
      context.globalAlpha = 0.12;
      context.beginPath();
      points.forEach(([px, py]) => context.lineTo(px, py));
      context.lineTo(x(most), y(0));
      context.fill();
      context.globalAlpha = 1;
      drawLine(context, points, colour("server"));
      limits.forEach((demand, index) => drawLimit(context, demand, x, y, index));
    },
    hover: (ms) => `after ${figure(ms)} ms: ${(shareWithin(ms) * 100).toFixed(1)} % of ${counted(sorted.length, "value")}`,
  });
}

/** A demand on the median is a line up to half the height; one on the longest goes all the way. */
function drawLimit(context, demand, x, y, index) {
  const isMedian = demand.of_latency === "median";
  context.setLineDash([4, 3]);
  drawLine(context, [[x(demand.limit), y(0)], [x(demand.limit), y(isMedian ? 0.5 : 1)]], colour(demand.is_met ? "muted" : "bad"), 1.2);
  context.setLineDash([]);
  context.font = font(11);
  context.fillStyle = colour(demand.is_met ? "muted" : "bad");
  const isRight = x(demand.limit) > context.canvas.clientWidth * 0.6;
  context.textAlign = isRight ? "right" : "left";
  context.textBaseline = "bottom";
  const height = isMedian ? 0.04 : 0.16 + (index % 2) * 0.1;
  context.fillText(`${demand.challenge} ${demand.of_latency}`, x(demand.limit) + (isRight ? -5 : 5), y(height));
}

/** Who sends how much to whom, as a square of squares. */
function linksChart() {
  const canvas = element("chart-links");
  if (!canvas) return;
  const used = [...new Set(data.links.flatMap(([src, dest]) => [src, dest]))];
  const names = Array.from({ length: rows.servers }, (_, name) => name).filter((name) => name < rows.nodes || used.includes(name));
  const place = new Map(names.map((name, index) => [name, index]));
  const most = Math.max(1, ...data.links.map(([, , count]) => count));
  const counts = new Map(data.links.map(([src, dest, count]) => [src + "," + dest, count]));
  const size = Math.max(CHART_HEIGHT, names.length * 11 + 40);
  const left = 52;
  let cell = 10;
  const draw = () => {
    const { context, width } = prepare(canvas, size);
    cell = Math.min((width - left - 4) / names.length, (size - 22) / names.length);
    context.font = font(10);
    context.fillStyle = colour("muted");
    const labelled = Math.max(1, Math.ceil(13 / cell));
    const labelledAcross = Math.max(1, Math.ceil(30 / cell));
    names.forEach((name, index) => {
      context.textAlign = "right";
      context.textBaseline = "middle";
      if (index % labelled === 0) context.fillText(rows.names[name], left - 6, 20 + (index + 0.5) * cell);
      context.textAlign = "center";
      if (index % labelledAcross === 0) context.fillText(rows.names[name], left + (index + 0.5) * cell, 9);
    });
    context.fillStyle = colour("grid");
    context.fillRect(left, 20, names.length * cell, names.length * cell);
    context.fillStyle = colour("server");
    for (const [src, dest, count] of data.links) {
      context.globalAlpha = 0.15 + 0.85 * (count / most);
      context.fillRect(left + place.get(dest) * cell + 0.5, 20 + place.get(src) * cell + 0.5, cell - 1, cell - 1);
    }
    context.globalAlpha = 1;
  };
  keepDrawn(canvas, draw);
  canvas.addEventListener("pointermove", (event) => {
    const [dest, src] = [Math.floor((event.offsetX - left) / cell), Math.floor((event.offsetY - 20) / cell)];
    if (!(src in names) || !(dest in names)) return tooltip.hide();
    const count = counts.get(names[src] + "," + names[dest]) || 0;
    tooltip.show(event, `${escaped(rows.names[names[src]])} → ${escaped(rows.names[names[dest]])}: ${counted(count, "message")}`);
  });
  canvas.addEventListener("pointerleave", () => tooltip.hide());
}

function drawCharts() {
  if (operations.began.length > 0) {
    latencyChart();
    quantilesChart();
    rateChart();
    messagesChart();
  }
  stableChart();
  linksChart();
}
