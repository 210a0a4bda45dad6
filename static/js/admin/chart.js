// Small line charts as SVG, and the ring of points they are drawn from. No page is needed to work out what to draw.

const SVG = "http://www.w3.org/2000/svg";
export const WIDTH = 300;
export const HEIGHT = 72;
export const SPAN_MS = 5 * 60 * 1000;
const TOP = 6;

// The points of the last five minutes, oldest first. Bounded: the oldest go.
export class Points {
  constructor() {
    this.clear();
  }

  clear() {
    this.keys = [];
    this.rows = [];
  }

  get last() {
    return this.rows.at(-1);
  }

  get lastMs() {
    return this.last?.[0] ?? 0;
  }

  // Take what a node said; another set of keys means another version of the program, and starts over.
  add({ keys, points }) {
    if (keys.join() !== this.keys.join()) {
      this.clear();
      this.keys = keys;
    }
    this.rows.push(...points.filter((row) => row[0] > this.lastMs));
    this.rows = this.rows.filter((row) => row[0] > this.lastMs - SPAN_MS);
  }

  // Values of one key with their times; null where the node had none.
  series(key) {
    const column = this.keys.indexOf(key) + 1;
    return column === 0 ? [] : this.rows.map((row) => [row[0], row[column]]);
  }

  // The place of the row nearest to a share (0 to 1) of the time shown; -1 without rows.
  nearest(share) {
    const wanted = this.lastMs - SPAN_MS * (1 - share);
    let best = -1;
    this.rows.forEach((row, place) => {
      if (best < 0 || Math.abs(row[0] - wanted) < Math.abs(this.rows[best][0] - wanted)) best = place;
    });
    return best;
  }
}

// A round number that is at least `value`, for the top of a chart.
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999999) ?? 10 * power;
}

// SVG path of a series; a gap where values are missing, a dot where one stands alone.
export function pathOf(series, endMs, top) {
  let path = "";
  let drawing = false;
  series.forEach(([time, value], place) => {
    if (value === null || value === undefined) {
      drawing = false;
      return;
    }
    const x = (WIDTH * (1 - (endMs - time) / SPAN_MS)).toFixed(1);
    const y = (HEIGHT - ((HEIGHT - TOP) * Math.min(value, top)) / top).toFixed(1);
    const alone = !drawing && (series[place + 1]?.[1] ?? null) === null;
    path += `${drawing ? "L" : "M"}${x} ${y}${alone ? "h0.1" : ""}`;
    drawing = true;
  });
  return path;
}

// Draw the lines of a card into its <svg>; returns the value at the top of the chart.
export function draw(svg, lines, endMs) {
  const top = ceiling(Math.max(0, ...lines.flatMap((series) => series.map(([, value]) => value ?? 0))));
  while (svg.querySelectorAll("path").length < lines.length) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", `monitor-line monitor-line-${svg.querySelectorAll("path").length}`);
    path.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(path);
  }
  svg.querySelectorAll("path").forEach((path, place) => path.setAttribute("d", pathOf(lines[place], endMs, top)));
  return top;
}
