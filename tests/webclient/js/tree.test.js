import assert from "node:assert/strict";
import { test } from "node:test";

import { Tree } from "../../../static/js/admin/tree_model.js";

const item = (id, children = 0, movable = true) => ({ id, name: id.toUpperCase(), children, movable, version: 1, people: 0 });

// acme -> a (-> x, y), b, c; acme itself is the top of what one may see
function grown() {
  const tree = new Tree();
  tree.load(null, [item("acme", 3, false)]);
  tree.load("acme", [item("a", 2), item("b"), item("c")]);
  tree.load("a", [item("x"), item("y")]);
  tree.open.add("acme").add("a");
  return tree;
}

const ids = (tree) => tree.rows().map(({ id }) => id);

test("rows come level by level, only what is open", () => {
  const tree = grown();

  assert.deepEqual(ids(tree), ["acme", "a", "x", "y", "b", "c"]);
  assert.deepEqual(tree.rows()[3], { id: "y", level: 3, position: 2, size: 2 });
  tree.open.delete("a");
  assert.deepEqual(ids(tree), ["acme", "a", "b", "c"]);
});

test("a level that comes again keeps what was open below it", () => {
  const tree = grown();

  tree.load("acme", [item("b"), item("a", 2)]);

  assert.deepEqual(ids(tree), ["acme", "b", "a", "x", "y"]);
  assert.equal(tree.nodes.get("acme").children, 2);
});

test("a department that has lost its last child is closed", () => {
  const tree = grown();

  tree.load("a", []);

  assert.equal(tree.open.has("a"), false);
  assert.deepEqual(ids(tree), ["acme", "a", "b", "c"]);
});

test("what is dropped goes before, into or behind another", () => {
  const tree = grown();

  assert.deepEqual(tree.drop("c", "a", "before"), { parent: "acme", before: "a" });
  assert.deepEqual(tree.drop("c", "a", "inside"), { parent: "a", before: null });
  assert.deepEqual(tree.drop("c", "a", "after"), { parent: "acme", before: "b" });
  assert.deepEqual(tree.drop("b", "c", "after"), { parent: "acme", before: null });
  assert.deepEqual(tree.drop("b", "x", "after"), { parent: "a", before: "y" });
});

test("nothing is dropped into itself, below itself, beside the top, or where it is", () => {
  const tree = grown();

  assert.equal(tree.drop("a", "a", "inside"), null);
  assert.equal(tree.drop("a", "x", "after"), null);
  assert.equal(tree.drop("b", "acme", "before"), null);
  assert.equal(tree.drop("b", "acme", "inside"), null);
  assert.equal(tree.drop("b", "c", "before"), null);
  assert.equal(tree.drop("b", "a", "after"), null);
  assert.equal(tree.drop("acme", "b", "inside"), null);
  assert.equal(tree.drop("gone", "b", "inside"), null);
});

test("by keyboard it goes up, down, in and out", () => {
  const tree = grown();

  assert.deepEqual(tree.step("b", "up"), { parent: "acme", before: "a" });
  assert.deepEqual(tree.step("a", "down"), { parent: "acme", before: "c" });
  assert.deepEqual(tree.step("b", "down"), { parent: "acme", before: null });
  assert.deepEqual(tree.step("b", "in"), { parent: "a", before: null });
  assert.deepEqual(tree.step("x", "out"), { parent: "acme", before: "b" });
});

test("at the edges it stays", () => {
  const tree = grown();

  assert.equal(tree.step("a", "up"), null);
  assert.equal(tree.step("c", "down"), null);
  assert.equal(tree.step("a", "in"), null);
  assert.equal(tree.step("a", "out"), null);
  assert.equal(tree.step("acme", "in"), null);
});
