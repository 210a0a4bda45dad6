// A department tree as the page knows it: what is loaded, what is open, and where something may be moved.
// Knows no page and no network, so that it can be tested without them.

export class Tree {
  constructor() {
    this.nodes = new Map();
    this.roots = [];
    this.open = new Set();
  }

  // Put in what the server says is below `parent` (null: the tops of what one may see), in its order.
  load(parent, items) {
    const ids = items.map(({ id }) => id);
    for (const item of items) {
      const known = this.nodes.get(item.id);
      this.nodes.set(item.id, { ...item, parent, below: known?.below ?? null });
    }
    if (parent === null) this.roots = ids;
    else this.nodes.get(parent).below = ids;
    if (parent !== null) this.nodes.get(parent).children = ids.length;
    if (parent !== null && ids.length === 0) this.open.delete(parent);
  }

  siblings(id) {
    const { parent } = this.nodes.get(id);
    return parent === null ? this.roots : this.nodes.get(parent).below;
  }

  // The rows from top to bottom, with what a screen reader is told of each.
  rows() {
    const found = [];
    const walk = (ids, level) => {
      ids.forEach((id, index) => {
        found.push({ id, level, position: index + 1, size: ids.length });
        const node = this.nodes.get(id);
        if (this.open.has(id) && node.below) walk(node.below, level + 1);
      });
    };
    walk(this.roots, 1);
    return found;
  }

  isWithin(id, top) {
    for (let at = id; at !== null && at !== undefined; at = this.nodes.get(at)?.parent) {
      if (at === top) return true;
    }
    return false;
  }

  // Where a department would go that is dropped at `where` ("before", "inside", "after") of another, or null.
  drop(id, target, where) {
    const node = this.nodes.get(id);
    const at = this.nodes.get(target);
    if (!node?.movable || !at || this.isWithin(target, id)) return null;
    if (where === "inside") return at.id === node.parent ? null : { parent: target, before: null };
    if (at.parent === null) return null; // beside a top is beyond what she administers
    const row = this.siblings(target);
    const before = where === "before" ? target : this.#after(row, target, id);
    return this.#place(id, at.parent, before);
  }

  // Where a department would go by keyboard: "up", "down", "in" (below the one before it), "out" (behind its parent).
  step(id, way) {
    const node = this.nodes.get(id);
    if (!node?.movable || node.parent === null) return null;
    const row = this.siblings(id);
    const index = row.indexOf(id);
    if (way === "up") return index > 0 ? { parent: node.parent, before: row[index - 1] } : null;
    if (way === "down") return index < row.length - 1 ? { parent: node.parent, before: row[index + 2] ?? null } : null;
    if (way === "in") return index > 0 ? { parent: row[index - 1], before: null } : null;
    const parent = this.nodes.get(node.parent);
    if (parent.parent === null) return null;
    return { parent: parent.parent, before: this.#after(this.siblings(parent.id), parent.id, id) };
  }

  #after(row, id, moved) {
    const rest = row.filter((other) => other !== moved);
    return rest[rest.indexOf(id) + 1] ?? null;
  }

  #place(id, parent, before) {
    const node = this.nodes.get(id);
    if (before === id) return null;
    if (parent === node.parent && this.#after(this.siblings(id), id, null) === before) return null; // where it is
    return { parent, before };
  }
}
