import assert from "node:assert/strict";
import { test } from "node:test";

import { HEIGHT, Points, SPAN_MS, WIDTH, ceiling, pathOf } from "../../../static/js/admin/chart.js";

const END = 1_700_000_300_000;
const said = (...points) => ({ keys: ["a", "b"], points });

test("points of a node come after each other, and none twice", () => {
  const points = new Points();

  points.add(said([END - 4000, 1, null], [END - 2000, 2, 5]));
  points.add(said([END - 2000, 2, 5], [END, 3, 6]));

  assert.equal(points.lastMs, END);
  assert.deepEqual(points.series("a"), [[END - 4000, 1], [END - 2000, 2], [END, 3]]);
  assert.deepEqual(points.series("b"), [[END - 4000, null], [END - 2000, 5], [END, 6]]);
  assert.deepEqual(points.series("c"), []);
});

test("what is older than five minutes goes", () => {
  const points = new Points();

  points.add(said([END - SPAN_MS, 1, 1], [END - SPAN_MS + 1, 2, 2]));
  points.add(said([END, 3, 3]));

  assert.deepEqual(points.series("a").map(([, value]) => value), [2, 3]);
});

test("other figures start over", () => {
  const points = new Points();

  points.add(said([END - 2000, 1, 2]));
  points.add({ keys: ["b"], points: [[END, 9]] });

  assert.deepEqual(points.series("a"), []);
  assert.deepEqual(points.series("b"), [[END, 9]]);
});

test("the point under the pointer is the nearest one", () => {
  const points = new Points();
  assert.equal(points.nearest(1), -1);

  points.add(said([END - SPAN_MS / 2, 1, 1], [END, 2, 2]));

  assert.equal(points.nearest(1), 1);
  assert.equal(points.nearest(0.76), 1);
  assert.equal(points.nearest(0.6), 0);
  assert.equal(points.nearest(0), 0);
});

test("the top of a chart is a round number that is high enough", () => {
  const tops = [0, NaN, 1, 1.2, 3, 7, 10, 950, 0.0031].map(ceiling);

  assert.deepEqual(tops, [1, 1, 1, 2, 5, 10, 10, 1000, 0.005]);
});

test("a line goes from the left edge to the right, and higher values are higher up", () => {
  const path = pathOf([[END - SPAN_MS, 0], [END, 10]], END, 10);

  assert.equal(path, `M0.0 ${HEIGHT.toFixed(1)}L${WIDTH.toFixed(1)} 6.0`);
});

test("missing values are gaps, and a value alone is a dot", () => {
  const path = pathOf([[END - 6000, null], [END - 4000, 5], [END - 2000, null], [END, 5]], END, 10);

  assert.equal((path.match(/M/g) ?? []).length, 2);
  assert.equal((path.match(/h0\.1/g) ?? []).length, 2);
  assert.ok(!path.includes("L"));
});

test("nothing is drawn where nothing is known", () => {
  assert.equal(pathOf([], END, 1), "");
  assert.equal(pathOf([[END, undefined]], END, 1), "");
});
