// The small parts of the SDK: back-off, locks, receipts, REST, SHA-256.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { Backoff } from "../../../static/js/sdk/backoff.js";
import { Emitter } from "../../../static/js/sdk/emitter.js";
import { LocalLocks, Rest } from "../../../static/js/sdk/index.js";
import { Receipts } from "../../../static/js/sdk/receipts.js";
import { sha256 } from "../../../static/js/sdk/sha256.js";

import { FakeClock, settle } from "./fake_clock.js";

test("back-off doubles up to its ceiling, between half and the whole", () => {
  const waits = (random) => {
    const backoff = new Backoff({ baseMs: 100, ceilingMs: 1000, random: () => random });
    return Array.from({ length: 6 }, () => backoff.next());
  };

  assert.deepEqual(waits(0), [50, 100, 200, 400, 500, 500]);
  assert.deepEqual(waits(0.999999), [100, 200, 400, 800, 1000, 1000]);
});

test("locks let one in at a time, also after one that failed", async () => {
  const locks = new LocalLocks();
  const order = [];
  const work = (name, fail) => async () => {
    order.push(`${name} in`);
    await settle();
    order.push(`${name} out`);
    if (fail) throw new Error(name);
  };

  const results = await Promise.allSettled([locks.request("x", work("a", true)), locks.request("x", work("b")), locks.request("y", work("c"))]);

  assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled"]);
  assert.deepEqual(order.filter((entry) => !entry.startsWith("c")), ["a in", "a out", "b in", "b out"]);
  assert.equal(order.indexOf("c in"), 1);
});

test("an unsubscribed listener hears nothing more", () => {
  const emitter = new Emitter();
  const heard = [];
  const stop = emitter.on("x", (value) => heard.push(value));

  emitter.emit("x", 1);
  stop();
  emitter.emit("x", 2);

  assert.deepEqual(heard, [1]);
});

test("a burst of receipts makes one frame per conversation, with the highest seq", async () => {
  const clock = new FakeClock();
  const frames = [];
  const receipts = new Receipts({ clock, post: (frame) => frames.push(frame) });

  for (const seq of [1, 2, 5, 3]) receipts.received("a", seq);
  receipts.read("a", 4);
  await clock.advance(200);

  assert.deepEqual(frames, [{ op: "received", conversation: "a", seq: 5 }, { op: "read", conversation: "a", seq: 4 }]);
});

test("receipts that could not be sent are sent on the next connection", async () => {
  const clock = new FakeClock();
  const frames = [];
  let online = false;
  const receipts = new Receipts({ clock, post: (frame) => online && frames.push(frame) > 0 });
  receipts.read("a", 4);
  await clock.advance(200);

  online = true;
  receipts.restart();

  assert.deepEqual(frames, [{ op: "read", conversation: "a", seq: 4 }]);
});

test("only what was told in a connection's last moments is told again on the next", async () => {
  const clock = new FakeClock();
  const frames = [];
  const receipts = new Receipts({ clock, post: (frame) => frames.push(frame) });
  receipts.read("settled", 1);
  await clock.advance(120_000);
  receipts.read("doubtful", 2);
  await clock.advance(1000);
  frames.length = 0;

  receipts.restart();

  assert.deepEqual(frames, [{ op: "read", conversation: "doubtful", seq: 2 }]);
});

function makeRest(answers) {
  const calls = [];
  const fetch = async (url, { method, headers, body }) => {
    calls.push({ url, method, token: headers.Authorization, body });
    const { status = 200, body: answer = {}, headers: extra = {} } = answers.shift();
    return { ok: status < 300, status, json: async () => answer, headers: new Map(Object.entries(extra)) };
  };
  const getToken = async ({ rejected }) => (rejected ? "fresh" : "old");
  return { rest: new Rest({ apiUrl: "/api/v1", fetch, getToken }), calls };
}

test("an expired token is replaced and the request repeated once", async () => {
  const { rest, calls } = makeRest([{ status: 401 }, { body: { id: "me" } }]);

  assert.deepEqual(await rest.me(), { id: "me" });
  assert.deepEqual(calls.map(({ token }) => token), ["Bearer old", "Bearer fresh"]);
});

test("a problem document becomes an error with its code", async () => {
  const { rest } = makeRest([{ status: 429, body: { code: "rate_limited", detail: "slow down" }, headers: { "Retry-After": "3" } }]);

  await assert.rejects(rest.rename("c", "x"), { code: "rate_limited", message: "slow down", status: 429, retry: true, retryAfterMs: 3000 });
});

test("an unreachable server is an error to repeat after", async () => {
  const rest = new Rest({ apiUrl: "/api/v1", fetch: async () => Promise.reject(new TypeError("x")), getToken: async () => "t" });

  await assert.rejects(rest.me(), { code: "offline", retry: true });
});

test("what people type is escaped in addresses", async () => {
  const { rest, calls } = makeRest([{ body: { items: [] } }]);

  await rest.searchUsers("a&limit=9 张");

  assert.equal(calls[0].url, "/api/v1/users?q=a%26limit%3D9+%E5%BC%A0&limit=20");
});

test("SHA-256 gives what the standard says, for every length around its block", () => {
  for (let length = 0; length <= 130; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) % 256);
    assert.equal(Buffer.from(sha256(bytes)).toString("hex"), createHash("sha256").update(bytes).digest("hex"));
  }
});
