import assert from "node:assert/strict";
import { test } from "node:test";

import { EventWindow } from "../../../static/js/sdk/window.js";

const event = (seq) => ({ seq, id: `e${seq}` });
const seqs = (held) => held.events.map(({ seq }) => seq);

test("events in order are appended, known ones are ignored", () => {
  const held = new EventWindow();

  assert.deepEqual([1, 2, 2, 1, 3].map((seq) => held.accept(event(seq))), ["appended", "appended", "known", "known", "appended"]);
  assert.deepEqual(seqs(held), [1, 2, 3]);
});

test("events past a hole wait until it is filled", () => {
  const held = new EventWindow();
  held.accept(event(1));

  assert.equal(held.accept(event(4)), "ahead");
  assert.equal(held.accept(event(3)), "ahead");
  assert.deepEqual(seqs(held), [1]);
  assert.equal(held.hasGap, true);
  held.acceptNewer([event(2)]);

  assert.deepEqual(seqs(held), [1, 2, 3, 4]);
  assert.equal(held.hasGap, false);
});

test("a hole that will never be filled is skipped, and what lies before it let go", () => {
  const held = new EventWindow();
  held.accept(event(1));
  held.accept(event(9));

  held.acceptNewer([event(8)], 7);

  assert.deepEqual([held.low, held.high, seqs(held)], [8, 9, [8, 9]]);
});

test("history joins at the front; what overlaps is not doubled", () => {
  const held = new EventWindow(5);

  held.acceptOlder([event(4), event(5), event(6)]);
  held.accept(event(6));
  held.acceptOlder([event(2), event(3)]);

  assert.deepEqual(seqs(held), [2, 3, 4, 5, 6]);
  assert.equal(held.covers(1), true);
  assert.equal(held.covers(0), false);
});

test("trimming keeps the newest and can be undone by history", () => {
  const held = new EventWindow();
  for (let seq = 1; seq <= 10; seq += 1) held.accept(event(seq));

  held.trim(3);
  assert.deepEqual([held.low, seqs(held)], [8, [8, 9, 10]]);
  held.acceptOlder([event(7)]);

  assert.deepEqual(seqs(held), [7, 8, 9, 10]);
});

test("however the events arrive, the window ends up consecutive and complete", () => {
  let random = 42;
  const next = (limit) => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) % limit;
  for (let round = 0; round < 200; round += 1) {
    const held = new EventWindow();
    const arrivals = Array.from({ length: 30 }, (_, i) => i + 1).sort(() => next(3) - 1);
    for (const seq of arrivals) {
      if (next(4) > 0) held.accept(event(seq));
      if (next(10) === 0) held.acceptNewer(Array.from({ length: 5 }, (_, i) => event(held.high + 1 + i)).filter(({ seq: s }) => s <= 30));
    }
    held.acceptNewer(Array.from({ length: 30 }, (_, i) => event(i + 1)).filter(({ seq }) => seq > held.high));
    assert.deepEqual(seqs(held), Array.from({ length: 30 }, (_, i) => i + 1));
  }
});
