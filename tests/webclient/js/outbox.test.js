import assert from "node:assert/strict";
import { test } from "node:test";

import { ImError, LocalLocks, MemoryStorage, Outbox } from "../../../static/js/sdk/index.js";

import { FakeClock, settle } from "./fake_clock.js";

function makeOutbox({ transmit, storage = new MemoryStorage(), locks = new LocalLocks(), user = "me", clock = new FakeClock() } = {}) {
  let count = 0;
  const channel = { postMessage() {}, close() {} };
  const outbox = new Outbox({ user, storage, locks, channel, makeId: () => `${user}-${(count += 1)}`, transmit, clock, random: () => 0.5 });
  return { outbox, storage, clock };
}

const message = (conversation, text) => ({ conversation, kind: "text", body: { text } });

test("one message of a conversation is under way at a time, conversations do not wait for each other", async () => {
  const waiting = [];
  const { outbox } = makeOutbox({ transmit: (entry) => new Promise((resolve) => waiting.push({ entry, resolve })) });
  outbox.setOnline(true);

  await outbox.add(message("a", "1"));
  await outbox.add(message("a", "2"));
  await outbox.add(message("b", "3"));
  await settle();
  assert.deepEqual(waiting.map(({ entry }) => entry.body.text), ["1", "3"]);
  waiting[0].resolve({ seq: 1, time: 1 });
  await settle();

  assert.deepEqual(waiting.map(({ entry }) => entry.body.text), ["1", "3", "2"]);
});

test("a refused message does not hold up those behind it", async () => {
  const sent = [];
  const transmit = async (entry) => {
    if (entry.body.text === "bad") throw new ImError("invalid_body", "");
    sent.push(entry.body.text);
    return { seq: 1, time: 1 };
  };
  const { outbox } = makeOutbox({ transmit });
  outbox.setOnline(true);

  await outbox.add(message("a", "bad"));
  await outbox.add(message("a", "good"));
  await settle();

  assert.deepEqual(sent, ["good"]);
  assert.deepEqual(outbox.entries("a").map(({ state, error }) => [state, error]), [["failed", "invalid_body"]]);
  assert.equal(outbox.queued, 0);
});

test("a reloaded page finds what it had not sent, and only its own user's", async () => {
  const storage = new MemoryStorage();
  await makeOutbox({ storage }).outbox.add(message("a", "mine"));
  await makeOutbox({ storage, user: "other" }).outbox.add(message("a", "theirs"));

  const sent = [];
  const reloaded = makeOutbox({ storage, transmit: async (entry) => sent.push(entry.body.text) && { seq: 1, time: 1 } });
  await reloaded.outbox.open();
  assert.equal(reloaded.outbox.queued, 1);
  reloaded.outbox.setOnline(true);
  await settle();

  assert.deepEqual(sent, ["mine"]);
  assert.deepEqual((await storage.list("other")).map(({ body }) => body.text), ["theirs"]);
});

test("a message seen in the log is not sent any more", async () => {
  const { outbox, storage } = makeOutbox();
  const entry = await outbox.add(message("a", "1"));

  await outbox.settle(entry.id);

  assert.deepEqual(await storage.list("me"), []);
});

test("giving up everything leaves nothing behind", async () => {
  const { outbox, storage } = makeOutbox();
  await outbox.add(message("a", "1"));
  await outbox.add(message("b", "2"));

  await outbox.clear();

  assert.equal(outbox.queued, 0);
  assert.deepEqual(await storage.list("me"), []);
});

test("losing the connection ends a pause, so that the next connection starts at once", async () => {
  let refuse = true;
  const transmit = async () => {
    if (refuse) throw new ImError("busy", "", { retry: true, retryAfterMs: 60_000 });
    return { seq: 1, time: 1 };
  };
  const { outbox } = makeOutbox({ transmit });
  outbox.setOnline(true);
  await outbox.add(message("a", "1"));
  await settle();

  outbox.setOnline(false);
  await settle();
  refuse = false;
  outbox.setOnline(true);
  await settle();

  assert.equal(outbox.queued, 0);
});
