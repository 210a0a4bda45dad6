// The department tree of the admin: opens level by level, moves departments by drag and drop or by keyboard.
//
// Keys, as in every tree: up and down walk, right opens or goes in, left closes or goes out, Home and End, Enter opens
// the department's page. With Alt: up and down change the order, right puts a department below the one before it, left
// puts it behind its parent.

import { Tree } from "./tree_model.js";

const page = document.getElementById("tree");
const list = page.querySelector("[role=tree]");
const notice = document.getElementById("tree-notice");
const words = page.dataset;
const tree = new Tree();
const EDGE = 0.3; // how much of a row's height means "before" and "after" it

let current = null;
let dragged = null;

function say(text, failed = false) {
  notice.textContent = text;
  notice.hidden = text === "";
  notice.classList.toggle("tree-failed", failed);
}

function fill(template, name, place = "") {
  return template.replace("{name}", name).replace("{place}", place);
}

async function ask(url, options = {}) {
  const answer = await fetch(url, { headers: { Accept: "application/json", ...options.headers }, ...options });
  if (answer.redirected) location.reload(); // signed out: the page itself leads to the sign-in
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail || words.lost);
  return said;
}

async function load(parent) {
  const url = new URL(words.levelUrl, location.href);
  if (parent !== null) url.searchParams.set("parent", parent);
  const { items } = await ask(url);
  tree.load(parent, items);
}

async function move(id, place) {
  if (place === null) return;
  const node = tree.nodes.get(id);
  const old = node.parent;
  const form = new FormData();
  form.set("department", id);
  form.set("parent", place.parent);
  form.set("before", place.before ?? "");
  form.set("version", node.version);
  try {
    await ask(words.moveUrl, { method: "POST", headers: { "X-CSRFToken": words.csrf }, body: form });
    say(fill(words.moved, node.name, tree.nodes.get(place.parent).name));
  } catch (error) {
    say(error.message, true);
  }
  // What is there now is the server's to say, also when it refused: somebody else may have been faster.
  tree.open.add(place.parent);
  await Promise.all([...new Set([old, place.parent])].map(load));
  show(id);
}

function badge(text) {
  const element = document.createElement("span");
  element.className = "tree-badge";
  element.textContent = text;
  return element;
}

function row({ id, level, position, size }) {
  const node = tree.nodes.get(id);
  const item = document.createElement("li");
  item.id = `department-${id}`;
  item.dataset.id = id;
  item.setAttribute("role", "treeitem");
  item.setAttribute("aria-level", level);
  item.setAttribute("aria-posinset", position);
  item.setAttribute("aria-setsize", size);
  item.setAttribute("aria-selected", String(id === current));
  if (node.children > 0) item.setAttribute("aria-expanded", String(tree.open.has(id)));
  item.tabIndex = id === current ? 0 : -1;
  item.draggable = node.movable;
  item.style.setProperty("--level", level);
  const toggle = document.createElement("span");
  toggle.className = "tree-toggle material-symbols-outlined";
  toggle.setAttribute("aria-hidden", "true");
  if (node.children > 0) toggle.textContent = tree.open.has(id) ? "expand_more" : "chevron_right";
  const name = document.createElement("a");
  name.href = node.url;
  name.tabIndex = -1;
  name.className = "tree-name";
  name.textContent = node.name;
  item.append(toggle, name);
  if (node.is_hidden) item.append(badge(words.hidden));
  const people = document.createElement("span");
  people.className = "tree-people";
  people.textContent = fill(words.people, node.people.toLocaleString(document.documentElement.lang || undefined));
  item.append(people);
  return item;
}

function show(focused = null) {
  const rows = tree.rows();
  if (!rows.some(({ id }) => id === current)) current = rows[0]?.id ?? null;
  list.replaceChildren(...rows.map(row));
  page.querySelector("[data-empty]").hidden = rows.length > 0;
  if (focused !== null) go(focused);
}

function go(id) {
  const item = document.getElementById(`department-${id}`);
  if (item === null) return;
  list.querySelectorAll("[tabindex='0']").forEach((other) => {
    other.tabIndex = -1;
    other.setAttribute("aria-selected", "false");
  });
  current = id;
  item.tabIndex = 0;
  item.setAttribute("aria-selected", "true");
  item.focus();
}

async function toggle(id, open) {
  if (open && tree.nodes.get(id).below === null) await load(id);
  if (open) tree.open.add(id);
  else tree.open.delete(id);
  show(id);
}

function walk(id, by) {
  const rows = tree.rows();
  const index = rows.findIndex((each) => each.id === id);
  const next = rows[Math.min(rows.length - 1, Math.max(0, index + by))];
  if (next) go(next.id);
}

const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };
const KEYS = {
  ArrowUp: (id) => walk(id, -1),
  ArrowDown: (id) => walk(id, 1),
  Home: (id) => walk(id, -Infinity),
  End: (id) => walk(id, Infinity),
  Enter: (id) => location.assign(tree.nodes.get(id).url),
  ArrowRight: (id) => {
    if (tree.open.has(id)) return walk(id, 1);
    return tree.nodes.get(id).children > 0 ? toggle(id, true) : undefined;
  },
  ArrowLeft: (id) => {
    if (tree.open.has(id)) return toggle(id, false);
    const { parent } = tree.nodes.get(id);
    return parent === null ? undefined : go(parent);
  },
};

function report(error) {
  say(error.message, true);
}

list.addEventListener("keydown", (event) => {
  const id = event.target.closest("[data-id]")?.dataset.id;
  if (id === undefined || event.ctrlKey || event.metaKey) return;
  const way = event.altKey ? MOVES[event.key] : undefined;
  const act = event.altKey ? undefined : KEYS[event.key];
  if (way === undefined && act === undefined) return;
  event.preventDefault();
  Promise.resolve(way === undefined ? act(id) : move(id, tree.step(id, way))).catch(report);
});

list.addEventListener("click", (event) => {
  const id = event.target.closest("[data-id]")?.dataset.id;
  if (id === undefined) return;
  if (event.target.closest(".tree-toggle") && tree.nodes.get(id).children > 0) {
    toggle(id, !tree.open.has(id)).catch(report);
  } else {
    go(id);
  }
});

function whereOn(event) {
  const item = event.target.closest("[data-id]");
  if (item === null || dragged === null) return null;
  const box = item.getBoundingClientRect();
  const part = (event.clientY - box.top) / box.height;
  const where = part < EDGE ? "before" : part > 1 - EDGE ? "after" : "inside";
  return { item, where, place: tree.drop(dragged, item.dataset.id, where) };
}

function unmark() {
  list.querySelectorAll("[data-drop]").forEach((item) => delete item.dataset.drop);
}

list.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("[data-id]").dataset.id;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", tree.nodes.get(dragged).name);
});

list.addEventListener("dragover", (event) => {
  const over = whereOn(event);
  unmark();
  if (over === null || over.place === null) return;
  event.preventDefault();
  over.item.dataset.drop = over.where;
});

list.addEventListener("drop", (event) => {
  const over = whereOn(event);
  unmark();
  if (over === null) return;
  event.preventDefault();
  move(dragged, over.place).catch(report);
});

list.addEventListener("dragend", () => {
  dragged = null;
  unmark();
});

async function begin() {
  await load(null);
  // One top alone is opened: a closed row that is all there is helps nobody.
  if (tree.roots.length === 1 && tree.nodes.get(tree.roots[0]).children > 0) {
    await load(tree.roots[0]);
    tree.open.add(tree.roots[0]);
  }
  show();
  page.setAttribute("aria-busy", "false");
}

begin().catch(report);
