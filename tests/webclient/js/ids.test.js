import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesToUuid, makeMessageId, makeUuid, parseMessageId, uuidToBytes } from "../../../static/js/sdk/ids.js";

const SENDER = "01890a5d-ac96-774b-bcce-b302099a8057";
const TERMINAL = "7d444840-9dc0-41d1-b245-5ffdce74fad2";
const RANDOM = Uint8Array.from({ length: 9 }, (_, i) => 247 + i);
const PARTS = { sender: SENDER, terminal: TERMINAL, timeMs: 1_763_882_000_123, random: RANDOM };

test("a message id is the very text that the server makes of the same parts", () => {
  // The expected text comes from apps/wire/ids.py.
  assert.equal(makeMessageId(PARTS), "AQGJCl2slndLvM6zAgmagFd9REhAncBB0bJFX_3OdPrSAZqvj1779_j5-vv8_f7_");
});

test("a message id can be taken apart again", () => {
  assert.deepEqual(parseMessageId(makeMessageId(PARTS)), PARTS);
});

test("the largest time fits, the next one is refused", () => {
  assert.equal(parseMessageId(makeMessageId({ ...PARTS, timeMs: 2 ** 48 - 1 })).timeMs, 2 ** 48 - 1);
  assert.throws(() => makeMessageId({ ...PARTS, timeMs: 2 ** 48 }), RangeError);
  assert.throws(() => makeMessageId({ ...PARTS, timeMs: -1 }), RangeError);
});

test("too little randomness is refused", () => {
  assert.throws(() => makeMessageId({ ...PARTS, random: new Uint8Array(8) }), RangeError);
});

test("texts of another length or version are no message ids", () => {
  assert.equal(parseMessageId("short"), null);
  assert.equal(parseMessageId("B".repeat(64)), null);
  assert.equal(parseMessageId(`+${makeMessageId(PARTS).slice(1)}`), null);
});

test("a UUID survives the way to bytes and back, other texts are refused", () => {
  assert.equal(bytesToUuid(uuidToBytes(SENDER)), SENDER);
  assert.throws(() => uuidToBytes(SENDER.toUpperCase()), RangeError);
  assert.throws(() => bytesToUuid(new Uint8Array(15)), RangeError);
});

test("a made UUID says that it is random", () => {
  assert.match(makeUuid(new Uint8Array(16).fill(255)), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
