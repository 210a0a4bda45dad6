// The whole client against the server in memory: nothing lost, nothing doubled, order kept, several tabs in step.

import assert from "node:assert/strict";
import { test } from "node:test";

import { makeBrowser, makeWorld, startClient, texts } from "./client_rig.js";
import { settle } from "./fake_clock.js";

test("a message travels from one client to the other and its cursors come back", async () => {
  const world = makeWorld();
  const [alice, bob] = [await startClient(world, "alice"), await startClient(world, "bob")];

  await alice.send(world.room, "text", { text: "hello" });
  await world.clock.advance(1000);
  bob.markRead(world.room, 1);
  await world.clock.advance(1000);

  assert.deepEqual(texts(alice, world.room), ["hello"]);
  assert.deepEqual(texts(bob, world.room), ["hello"]);
  assert.deepEqual(alice.store.get(world.room).progress(1), { delivered: 1, read: 1, of: 1 });
  assert.equal(alice.outbox.queued, 0);
});

test("messages written offline go out in order, once, when the server is back", async () => {
  const world = makeWorld();
  const alice = await startClient(world, "alice");
  world.server.reachable = false;
  world.server.drop();
  await settle();

  for (const text of ["one", "two", "three"]) await alice.send(world.room, "text", { text });
  assert.equal(alice.outbox.queued, 3);
  world.server.reachable = true;
  await world.clock.advance(60_000);

  assert.deepEqual(world.server.conversations.get(world.room).log.map(({ body }) => body.text), ["one", "two", "three"]);
  assert.deepEqual(texts(alice, world.room), ["one", "two", "three"]);
  assert.equal(alice.outbox.queued, 0);
});

test("a lost ack makes the client repeat the same id, and the log has the message once", async () => {
  const world = makeWorld();
  const alice = await startClient(world, "alice");
  world.server.swallowAcks = 1;

  await alice.send(world.room, "text", { text: "once" });
  await settle();
  world.server.drop();
  await world.clock.advance(60_000);

  const sends = world.server.received.filter(({ op }) => op === "send");
  assert.equal(sends.length, 2);
  assert.equal(sends[0].id, sends[1].id);
  assert.deepEqual(texts(alice, world.room), ["once"]);
});

test("an ack that never comes on a living connection is asked for again with the same id", async () => {
  const world = makeWorld();
  const alice = await startClient(world, "alice");
  world.server.swallowAcks = 1;

  await alice.send(world.room, "text", { text: "slow" });
  await world.clock.advance(25_000);

  assert.equal(new Set(world.server.received.filter(({ op }) => op === "send").map(({ id }) => id)).size, 1);
  assert.equal(alice.outbox.queued, 0);
});

test("a missed push is noticed by its gap and pulled", async () => {
  const world = makeWorld();
  const bob = await startClient(world, "bob");
  world.server.swallowPushes = 2;

  for (const text of ["1", "2", "3"]) world.server.say(world.room, world.alice, text);
  await settle();

  assert.deepEqual(texts(bob, world.room), ["1", "2", "3"]);
  assert.equal(bob.store.get(world.room).unread, 3);
});

test("what happened while disconnected is there after resuming", async () => {
  const world = makeWorld();
  const bob = await startClient(world, "bob");
  world.server.say(world.room, world.alice, "before");
  await settle();
  world.server.reachable = false;
  world.server.drop();
  await settle();
  for (let n = 0; n < 250; n += 1) world.server.say(world.room, world.alice, `missed ${n}`);

  world.server.reachable = true;
  await world.clock.advance(60_000);

  assert.equal(texts(bob, world.room).length, 251);
  assert.equal(bob.store.get(world.room).unread, 251);
  assert.equal(world.server.received.at(-1).op === "sign_in", false);
  assert.equal(world.server.received.filter(({ op }) => op === "list_conversations").length, 1);
});

test("a very long absence does not pull everything, only the end", async () => {
  const world = makeWorld();
  const bob = await startClient(world, "bob");
  world.server.say(world.room, world.alice, "first");
  await settle();
  world.server.reachable = false;
  world.server.drop();
  await settle();
  for (let n = 0; n < 2000; n += 1) world.server.say(world.room, world.alice, `m${n}`);

  world.server.reachable = true;
  await world.clock.advance(60_000);
  const { window } = bob.store.get(world.room);

  assert.equal(window.high, 2001);
  assert.ok(window.events.length <= 100);
  await bob.loadOlder(world.room);
  assert.equal(window.events[0].seq, 2001 - window.events.length + 1);
});

test("two tabs send every message once and show the same", async () => {
  const world = makeWorld();
  const browser = makeBrowser();
  const [first, second] = [await startClient(world, "alice", { browser }), await startClient(world, "alice", { browser })];

  await Promise.all([..."abcdef"].map((text, n) => (n % 2 ? first : second).send(world.room, "text", { text })));
  await world.clock.advance(5000);

  const log = world.server.conversations.get(world.room).log.map(({ body }) => body.text);
  assert.deepEqual([...log].sort(), [..."abcdef"]);
  assert.equal(world.server.received.filter(({ op }) => op === "send").length, 6);
  assert.deepEqual(texts(first, world.room), log);
  assert.deepEqual(texts(second, world.room), log);
  assert.equal(first.outbox.queued + second.outbox.queued, 0);
});

test("a tab that closes hands its queue to the other one", async () => {
  const world = makeWorld();
  const browser = makeBrowser();
  const closing = await startClient(world, "alice", { browser });
  world.server.reachable = false;
  world.server.drop();
  await settle();
  await closing.send(world.room, "text", { text: "left behind" });
  closing.stop();
  world.server.reachable = true;

  const next = await startClient(world, "alice", { browser });
  await world.clock.advance(5000);

  assert.deepEqual(texts(next, world.room), ["left behind"]);
  assert.equal((await browser.storage.list(world.alice)).length, 0);
});

test("reading in one tab clears the unread count of the other", async () => {
  const world = makeWorld();
  const [desk, phone] = [await startClient(world, "bob"), await startClient(world, "bob")];
  world.server.say(world.room, world.alice, "hi");
  await settle();
  assert.equal(phone.store.unread, 1);

  desk.markRead(world.room, 1);
  await world.clock.advance(1000);

  assert.equal(phone.store.unread, 0);
});

test("a refused message stays, says why, and goes out when tried again", async () => {
  const world = makeWorld();
  const alice = await startClient(world, "alice");
  const problems = [];
  alice.on("problem", (error) => problems.push(error.code));
  world.server.refusals = [{ code: "invalid_body" }];

  const entry = await alice.send(world.room, "text", { text: "odd" });
  await settle();
  assert.deepEqual(problems, ["invalid_body"]);
  assert.equal(alice.outbox.entries(world.room)[0].state, "failed");
  await alice.outbox.retry(entry.id);
  await settle();

  assert.deepEqual(texts(alice, world.room), ["odd"]);
});

test("a busy server is asked again after the time it named, and order is kept", async () => {
  const world = makeWorld();
  const alice = await startClient(world, "alice");
  world.server.refusals = [{ code: "rate_limited", retry: true, retry_after_ms: 3000 }];

  await alice.send(world.room, "text", { text: "first" });
  await alice.send(world.room, "text", { text: "second" });
  await world.clock.advance(2900);
  assert.deepEqual(texts(alice, world.room), []);
  await world.clock.advance(5000);

  assert.deepEqual(texts(alice, world.room), ["first", "second"]);
});

test("a conversation nobody has heard of is fetched when something is said in it", async () => {
  const world = makeWorld();
  const bob = await startClient(world, "bob");
  const group = world.server.addConversation(200, [world.alice, world.bob], { title: "New" });

  world.server.say(group, world.alice, "welcome");
  await settle();

  assert.equal(bob.store.get(group).title, "New");
  assert.equal(bob.store.get(group).unread, 1);
});

test("whoever is removed from a group loses it from the list", async () => {
  const world = makeWorld();
  const group = world.server.addConversation(200, [world.alice, world.bob], { title: "Team" });
  const bob = await startClient(world, "bob");
  const removed = [];
  bob.on("removed", (conversation) => removed.push(conversation.id));

  world.server.say(group, world.alice, "", { kind: "members_removed", body: { members: [world.bob] } });
  await settle();

  assert.deepEqual(removed, [group]);
  assert.equal(bob.store.get(group), undefined);
});

test("history in several answers is joined without a hole", async () => {
  const world = makeWorld();
  for (let n = 0; n < 40; n += 1) world.server.say(world.room, world.alice, `m${n}`);
  const sync = world.server.on_sync;
  world.server.on_sync = (socket, frame) => sync.call(world.server, socket, { ...frame, limit: Math.min(frame.limit, 7) });
  const bob = await startClient(world, "bob");

  await bob.open(world.room);

  assert.deepEqual(texts(bob, world.room), Array.from({ length: 40 }, (_, n) => `m${n}`));
});

test("a push that comes again is acknowledged again", async () => {
  const world = makeWorld();
  const bob = await startClient(world, "bob");
  const event = world.server.say(world.room, world.alice, "again");
  await world.clock.advance(1000);
  const receipts = () => world.server.received.filter(({ op }) => op === "received").map(({ seq }) => seq);
  assert.deepEqual(receipts(), [1]);

  for (const socket of world.server.sockets) socket.deliver({ op: "event", ...event });
  await world.clock.advance(1000);

  assert.deepEqual(receipts(), [1, 1]);
  assert.deepEqual(texts(bob, world.room), ["again"]);
});

test("every session acknowledges its own pushes, also those another one was faster with", async () => {
  const world = makeWorld();
  const [desk, phone] = [await startClient(world, "bob"), await startClient(world, "bob")];

  world.server.say(world.room, world.alice, "to both");
  await world.clock.advance(1000);
  world.server.say(world.room, world.alice, "to both again");
  await world.clock.advance(1000);

  assert.equal(world.server.received.filter(({ op, seq }) => op === "received" && seq === 2).length, 2);
  assert.deepEqual(texts(desk, world.room), texts(phone, world.room));
});

test("a conversation with a waiting message comes first in the list", async () => {
  const world = makeWorld();
  const group = world.server.addConversation(200, [world.alice, world.bob], { title: "Team" });
  const alice = await startClient(world, "alice");
  world.server.say(group, world.bob, "later than the room");
  await settle();
  assert.deepEqual(alice.conversations().map(({ id }) => id), [group, world.room]);
  world.server.drop();
  await world.clock.advance(10);

  await alice.send(world.room, "text", { text: "waits" });

  assert.deepEqual(alice.conversations().map(({ id }) => id), [world.room, group]);
});

test("history before the join is not asked for again and again", async () => {
  const world = makeWorld();
  for (let n = 0; n < 10; n += 1) world.server.say(world.room, world.alice, `m${n}`);
  world.server.conversations.get(world.room).members.get(world.bob).joined = 6;
  const bob = await startClient(world, "bob");

  await bob.open(world.room);

  assert.deepEqual(texts(bob, world.room), ["m5", "m6", "m7", "m8", "m9"]);
  assert.equal(bob.store.get(world.room).hasOlder, false);
  assert.equal(await bob.loadOlder(world.room), false);
});

test("a server with another history makes the client start over", async () => {
  const world = makeWorld();
  for (let n = 0; n < 5; n += 1) world.server.say(world.room, world.alice, `old ${n}`);
  const bob = await startClient(world, "bob");
  await bob.open(world.room);
  world.server.drop();
  world.server.conversations.get(world.room).log.splice(2);

  await world.clock.advance(5000);
  world.server.sockets.forEach((socket) => socket.deliver({ op: "changed", conversation: world.room, max_seq: 9 }));
  await settle();

  assert.deepEqual(texts(bob, world.room), ["old 0", "old 1"]);
});
