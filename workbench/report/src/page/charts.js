// The plots of a run: latencies, rates, how values spread, who talks to whom.

const OUTCOMES = ["ok", "failed", "unknown"];
const time = (at, step) => moment(at, step);
const seriesColour = (number) => colour("series-" + (number % 4));
const outcomeColour = (outcome, name) => (outcome === 0 ? seriesColour(name) : colour(outcome === 1 ? "bad" : "unknown"));

/** From the first operation to the end of the run, and to the end of its main phase, which is what charts show. */
const span = [0, Math.max(data.end, 1)];
const main = [0, data.main];

/** Operations that have a dot, in columns. */
const operations = await (async () => {
  const { names, dots, columns, quantiles, ended } = data.operations;
  const next = columnsIn(await unpacked(columns));
  const [began, took] = [next(new Float64Array(dots), true), next(new Float64Array(dots))];
  return { names, began, took, name: next(new Uint8Array(dots)), outcome: next(new Uint8Array(dots)), quantiles, ended };
})();
const BUCKETS = operations.quantiles.length;
const bucketWidth = main[1] / BUCKETS;
const bucketAt = (at) => clamp(Math.floor(at / bucketWidth), 0, BUCKETS - 1);

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

/** In virtual time computing takes none: where nodes answer by themselves there is nothing to plot. */
const areAllInstant = () => operations.took.every((took) => took <= 0);

function latencyChart() {
  if (areAllInstant()) {
    element("chart-quantiles").closest("figure").remove();
    const words = Object.assign(document.createElement("p"), { className: "caption", textContent: "No operation took any time: nodes answer from what they hold, and in virtual time computing takes none." });
    return element("chart-latency").replaceWith(words);
  }
  const y = latencyRange();
  chart(element("chart-latency"), {
    x: main, y, isTime: true, isLog: true, formatX: time, formatY: duration,
    draw(context, x, y) {
      const size = clamp(400 / Math.sqrt(operations.began.length), 2.2, 5);
      // The unhappy ones last, so that they are on top.
      for (const outcome of [0, 1, 2]) {
        operations.began.forEach((began, index) => {
          if (operations.outcome[index] !== outcome || operations.took[index] < 0) return;
          context.fillStyle = outcomeColour(outcome, operations.name[index]);
          context.globalAlpha = outcome === 0 ? clamp(300 / Math.sqrt(operations.began.length), 0.35, 0.8) : 0.95;
          context.beginPath();
          context.arc(x(began), y(Math.max(operations.took[index], 10)), (outcome === 0 ? size : size + 1) / 2, 0, 7);
          context.fill();
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
  if (areAllInstant()) return;
  const names = ["median", "95 %", "99 %", "longest"];
  const { quantiles } = operations;
  const middle = (bucket) => (bucket + 0.5) * bucketWidth;
  chart(element("chart-quantiles"), {
    x: main, y: latencyRange(), isTime: true, isLog: true, formatX: time, formatY: duration,
    draw(context, x, y) {
      names.forEach((_, number) => {
        // Stretches without operations are gaps.
        let points = [];
        quantiles.forEach((took, bucket) => {
          if (took) points.push([x(middle(bucket)), y(Math.max(took[number], 10))]);
          if (took && bucket < BUCKETS - 1) return;
          drawLine(context, points, seriesColour(number));
          if (points.length === 1) context.fillRect(points[0][0] - 1.5, points[0][1] - 1.5, 3, 3);
          points = [];
        });
      });
    },
    key: () => names.map((name, number) => [name, seriesColour(number)]),
    hover(at) {
      const took = quantiles[bucketAt(at)];
      return took && `${moment(at, 1e5)}: ` + names.map((name, number) => `${name} ${duration(took[number])}`).join(", ");
    },
  });
}

function rateChart() {
  const rates = operations.ended.map((counts) => counts.map((count) => count / (bucketWidth / 1e6)));
  const shown = [0, 1, 2].filter((outcome) => outcome === 0 || rates[outcome].some((rate) => rate > 0));
  barsOverTime("chart-rate", bucketWidth, shown.map((outcome) => [OUTCOMES[outcome], rates[outcome], () => outcomeColour(outcome, 0)]));
}

/** Counted over the whole journal, of which the diagram may hold a part. */
function messagesChart() {
  const width = bucketWidth;
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
    x: main, y: [0, most * 1.15], isTime: true, formatX: time, formatY: figure,
    draw(context, x, y) {
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        let below = 0;
        for (const [, rates, style] of series) {
          const [left, right] = [x(bucket * width), x((bucket + 1) * width)];
          context.fillStyle = style();
          context.fillRect(left + 0.25, y(below + rates[bucket]), Math.max(right - left - 0.5, 0.5), y(below) - y(below + rates[bucket]));
          below += rates[bucket];
        }
      }
    },
    key: () => (series.length > 1 ? series.map(([name, , style]) => [name, style()]) : []),
    hover(at) {
      const bucket = bucketAt(at);
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

/** Of a run that fails: the share of its other continuations that fail too, by the moment from which on they are other ones. */
function worseningChart() {
  if (!data.worsening) return;
  const { moments, of, certain_us } = data.worsening;
  chart(element("chart-worsening"), {
    x: main, y: [0, 1], isTime: true, formatX: time, formatY: (share) => Math.round(share * 100) + " %",
    draw(context, x, y) {
      // What is certain stays so, though no later moment was looked at.
      const drawn = certain_us === null ? moments : [...moments, [main[1], 1]];
      drawLine(context, drawn.map(([at, share]) => [x(at), y(share)]), colour("bad"), 2);
      context.fillStyle = colour("bad");
      for (const [at, share] of moments) {
        context.beginPath();
        context.arc(x(at), y(share), 3, 0, 7);
        context.fill();
      }
      if (certain_us === null) return;
      context.setLineDash([4, 3]);
      drawLine(context, [[x(certain_us), y(0)], [x(certain_us), y(1)]], colour("muted"), 1.2);
      context.setLineDash([]);
    },
    hover(at) {
      const [from, share] = moments.reduce((best, moment) => (Math.abs(moment[0] - at) < Math.abs(best[0] - at) ? moment : best));
      return `from ${moment(from, 1000)} on ${Math.round(share * of)} of ${of} continuations fail, too`;
    },
  });
}

function drawCharts() {
  if (operations.names.length > 0) {
    latencyChart();
    quantilesChart();
    rateChart();
    messagesChart();
  }
  stableChart();
  linksChart();
  worseningChart();
}
