import assert from "node:assert/strict";
import { test } from "node:test";

import { Connection, SignedOut } from "../../../static/js/sdk/index.js";

import { FakeClock, settle } from "./fake_clock.js";
import { FakeServer, ids } from "./fake_server.js";

function makeRig({ urls = ["ws://main/ws/v1"], getToken } = {}) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.addPerson(1, "alice");
  const asked = [];
  const give = getToken ?? (async () => "token-alice");
  const connection = new Connection({
    urls,
    WebSocket: server.WebSocket,
    clock,
    random: () => 0.5,
    getToken: async (options) => {
      asked.push(options.rejected);
      return give(options);
    },
    hello: { terminal: ids(9001), platform: "web", name: "test" },
  });
  const states = [];
  connection.on("status", ({ state }) => states.push(state));
  return { clock, server, connection, states, asked };
}

const urlsOf = (server) => [...server.sockets].map(({ url }) => url);
const ops = (server) => server.received.map(({ op }) => op);

test("connecting signs in inside the socket, with the token nowhere in the address", async () => {
  const { server, connection, states } = makeRig();

  connection.start();
  await settle();

  assert.deepEqual(states, ["connecting", "online"]);
  assert.equal(server.received[0].token, "token-alice");
  assert.ok([...server.sockets].every(({ url }) => !url.includes("token")));
});

test("nothing is sent before the welcome", async () => {
  const { connection } = makeRig();

  assert.equal(connection.post({ op: "heartbeat" }), false);
  await assert.rejects(connection.request({ op: "sync" }), { code: "connection_lost" });
});

test("a quiet connection sends heartbeats within the interval of the welcome", async () => {
  const { clock, server, connection } = makeRig();
  connection.start();

  await clock.advance(60_000);

  assert.ok(ops(server).filter((op) => op === "heartbeat").length >= 2);
  assert.equal(connection.online, true);
});

test("a connection that went silent is given up and made anew", async () => {
  const { clock, server, connection, states } = makeRig();
  connection.start();
  await settle();
  server.on_heartbeat = () => {};

  await clock.advance(65_000);

  assert.deepEqual(states.slice(0, 5), ["connecting", "online", "connecting", "waiting", "connecting"]);
});

test("reconnecting waits longer each time, and resumes from the last time the server named", async () => {
  const { clock, server, connection } = makeRig();
  connection.start();
  await settle();
  const welcomed = clock.now();
  server.reachable = false;
  server.drop();
  await settle();
  const waits = [];
  connection.on("status", ({ state, until }) => state === "waiting" && waits.push(until - clock.now()));

  await clock.advance(20_000);
  server.reachable = true;
  await clock.advance(60_000);

  assert.deepEqual(waits.slice(0, 3), [750, 1500, 3000]);
  assert.equal(connection.online, true);
  assert.equal(server.received.findLast(({ op }) => op === "sign_in").since, welcomed);
});

test("the next address is tried at once when the first cannot be opened", async () => {
  const { clock, server, connection, states } = makeRig({ urls: ["ws://blocked/ws/v1", "ws://open/ws/v1"] });
  server.unreachableUrl = "ws://blocked/ws/v1";

  connection.start();
  await clock.advance(1);

  assert.equal([...server.sockets][0].url, "ws://open/ws/v1");
  assert.equal(states.at(-1), "online");
});

test("a rejected token is replaced, not offered again", async () => {
  const { clock, connection, asked } = makeRig({ getToken: async ({ rejected }) => (rejected === "stale" ? "token-alice" : "stale") });

  connection.start();
  await clock.advance(5000);

  assert.deepEqual(asked, ["", "stale"]);
  assert.equal(connection.online, true);
});

test("without any token left the person has to sign in", async () => {
  const { clock, connection, states } = makeRig({
    getToken: async () => {
      throw new SignedOut();
    },
  });

  connection.start();
  await clock.advance(60_000);

  assert.deepEqual(states, ["connecting", "signed_out"]);
});

test("the token is renewed on the same socket before it ends", async () => {
  const { clock, server, connection, states } = makeRig();
  server.lifetimeMs = 300_000;
  connection.start();

  await clock.advance(250_000);

  assert.deepEqual(server.received.filter(({ op }) => op === "sign_in").map(({ ref }) => ref), ["hello", "renew"]);
  assert.deepEqual(states, ["connecting", "online"]);
});

for (const [code, reason] of [[4403, "revoked"], [4400, "protocol"], [1009, "protocol"]]) {
  test(`close code ${code} ends it for good`, async () => {
    const { clock, server, connection } = makeRig();
    connection.start();
    await settle();

    server.drop(code);
    await clock.advance(120_000);

    assert.deepEqual(connection.status, { state: "stopped", reason });
    assert.equal(server.sockets.size, 0);
  });
}

for (const [told, reason] of [
  ["password_changed", "password_changed"], ["account_suspended", "account_suspended"],
  ["tenant_suspended", "tenant_suspended"], ["signed_out", "signed_out"], ["something later", "revoked"],
]) {
  test(`one that is shut out and told ${told} knows that it is ${reason}`, async () => {
    const { clock, server, connection } = makeRig();
    connection.start();
    await settle();
    for (const socket of server.sockets) socket.deliver({ op: "closing", reason: told });
    await settle();

    server.drop(4403);
    await clock.advance(120_000);

    assert.deepEqual(connection.status, { state: "stopped", reason });
  });
}

test("what was told before another end is not taken for its reason", async () => {
  const { clock, server, connection } = makeRig();
  connection.start();
  await settle();
  for (const socket of server.sockets) socket.deliver({ op: "closing", reason: "signed_out" });
  await settle();

  server.drop(4400);
  await clock.advance(120_000);

  assert.deepEqual(connection.status, { state: "stopped", reason: "protocol" });
});

test("a terminal whose place another one took stays away, and knows which one and when", async () => {
  const details = { platform: "web", name: "Laptop", at: 1_700_000_000_000 };
  const { clock, server, connection } = makeRig();
  connection.start();
  await settle();
  for (const socket of server.sockets) socket.deliver({ op: "closing", reason: "signed_in_elsewhere", details });
  await settle();

  server.drop(4409);
  await clock.advance(120_000);

  assert.deepEqual(connection.status, { state: "stopped", reason: "signed_in_elsewhere", details });
  assert.equal(server.sockets.size, 0);
});

test("one that comes back later is told the same", async () => {
  const details = { platform: "web", name: "Laptop", at: 1_700_000_000_000 };
  const { clock, server, connection } = makeRig();
  server.on_sign_in = (socket, { ref }) => {
    socket.deliver({ op: "error", code: "signed_in_elsewhere", message: "Elsewhere.", ref, details });
  };

  connection.start();
  await clock.advance(120_000);

  assert.deepEqual(connection.status, { state: "stopped", reason: "signed_in_elsewhere", details });
  assert.equal(server.sockets.size, 0);
});

test("a server that says goodbye is left alone for as long as it asked", async () => {
  const { clock, server, connection } = makeRig();
  connection.start();
  await settle();
  for (const socket of server.sockets) socket.deliver({ op: "closing", reason: "restart", retry_after_ms: 9000 });
  await settle();

  server.drop(1012);
  await clock.advance(8900);
  assert.equal(connection.online, false);
  await clock.advance(200);

  assert.equal(connection.online, true);
});

test("requests that wait when the connection goes are rejected as lost", async () => {
  const { server, connection } = makeRig();
  connection.start();
  await settle();
  server.on_sync = () => {};
  const asking = connection.request({ op: "sync", conversation: ids(100), after: 0 });

  server.drop();

  await assert.rejects(asking, { code: "connection_lost", retry: true });
});

test("poking a waiting connection connects now", async () => {
  const { clock, server, connection } = makeRig();
  connection.start();
  await settle();
  server.drop();
  await settle();

  connection.poke();
  await settle();

  assert.equal(connection.online, true);
  assert.equal(clock.now(), 1_700_000_000_000);
});

test("a token about to end is renewed when the server says so", async () => {
  const { server, connection, asked } = makeRig();
  connection.start();
  await settle();

  for (const socket of server.sockets) socket.deliver({ op: "closing", reason: "token_expires" });
  await settle();

  assert.equal(server.received.at(-1).ref, "renew");
  assert.deepEqual(asked, ["", "token-alice"]);
  assert.equal(connection.online, true);
});

test("a sign-in refused for now is tried again after the time the server named", async () => {
  const { clock, server, connection } = makeRig();
  const signIn = server.on_sign_in;
  server.on_sign_in = (socket, { ref }) => socket.deliver({ op: "error", code: "unavailable", message: "", retry: true, retry_after_ms: 4000, ref });
  connection.start();
  await settle();
  server.on_sign_in = signIn;

  await clock.advance(3900);
  assert.equal(connection.status.state, "waiting");
  await clock.advance(200);

  assert.equal(connection.online, true);
});

test("stopping closes the socket and stays closed", async () => {
  const { clock, server, connection } = makeRig();
  connection.start();
  await settle();

  connection.stop();
  await clock.advance(120_000);

  assert.equal(server.sockets.size, 0);
  assert.deepEqual(connection.status, { state: "idle" });
});

test("frames that are not JSON are skipped", async () => {
  const { server, connection } = makeRig();
  connection.start();
  await settle();

  for (const socket of server.sockets) socket.onmessage({ data: "{" });

  assert.equal(connection.online, true);
});

test("the next address is tried at once when the first never answers", async () => {
  const { clock, server, connection } = makeRig({ urls: ["ws://silent/ws/v1", "ws://open/ws/v1"] });
  server.silentUrl = "ws://silent/ws/v1";

  connection.start();
  await clock.advance(6_001);

  assert.deepEqual(urlsOf(server), ["ws://open/ws/v1"]);
  assert.equal(connection.online, true);
});

test("a client whose node died goes on to another one", async () => {
  const { clock, server, connection } = makeRig({ urls: ["ws://one/ws/v1", "ws://two/ws/v1"] });
  connection.start();
  await settle();
  server.unreachableUrl = "ws://one/ws/v1";

  server.drop();
  await clock.advance(800);

  assert.deepEqual(urlsOf(server), ["ws://two/ws/v1"]);
  assert.equal(connection.online, true);
});

for (const code of [4401, 4408, 4413, 4429]) {
  test(`after close code ${code} it comes back to the same node`, async () => {
    const { clock, server, connection } = makeRig({ urls: ["ws://one/ws/v1", "ws://two/ws/v1"] });
    connection.start();
    await settle();

    server.drop(code);
    await clock.advance(800);

    assert.deepEqual(urlsOf(server), ["ws://one/ws/v1"]);
    assert.equal(connection.online, true);
  });
}

test("a client that is sent on goes there at once, and is not sent on again", async () => {
  const { clock, server, connection, states } = makeRig();
  server.homeUrl = "ws://home/ws/v1";
  const begun = clock.now();

  connection.start();
  await settle();

  assert.deepEqual(urlsOf(server), ["ws://home/ws/v1"]);
  assert.deepEqual(server.received.map(({ redirect }) => redirect), [true, undefined]);
  assert.deepEqual([connection.online, clock.now() - begun, states.includes("waiting")], [true, 0, false]);
});

test("where it was sent and nobody answers it comes back to its list and stays", async () => {
  const { clock, server, connection } = makeRig();
  server.homeUrl = server.unreachableUrl = "ws://home/ws/v1";

  connection.start();
  await clock.advance(1);

  assert.deepEqual(urlsOf(server), ["ws://main/ws/v1"]);
  assert.equal(server.received.at(-1).redirect, undefined);
  assert.equal(connection.online, true);
});

test("an address the page may not connect to is like one where nobody answers", async () => {
  const { clock, server, connection } = makeRig();
  server.homeUrl = server.forbiddenUrl = "ws://home/ws/v1";

  connection.start();
  await clock.advance(1);

  assert.deepEqual(urlsOf(server), ["ws://main/ws/v1"]);
  assert.equal(connection.online, true);
});

test("when the node it was sent to dies it asks its list again", async () => {
  const { clock, server, connection } = makeRig();
  server.homeUrl = "ws://home/ws/v1";
  connection.start();
  await settle();
  server.homeUrl = undefined;

  server.drop();
  await clock.advance(800);

  assert.deepEqual(urlsOf(server), ["ws://main/ws/v1"]);
  assert.equal(server.received.at(-1).redirect, true);
});

test("a node of before redirects is signed in to on the same socket", async () => {
  const { server, connection, states } = makeRig();
  const signIn = server.on_sign_in;
  server.on_sign_in = function onSignIn(socket, frame) {
    if (frame.redirect) socket.deliver({ op: "error", code: "bad_frame", message: "", ref: frame.ref });
    else signIn.call(server, socket, frame);
  };

  connection.start();
  await settle();

  assert.deepEqual(server.received.map(({ redirect }) => redirect), [true, undefined]);
  assert.deepEqual(states, ["connecting", "online"]);
});

test("a renewed sign-in does not ask to be sent on", async () => {
  const { server, connection } = makeRig();
  connection.start();
  await settle();

  for (const socket of server.sockets) socket.deliver({ op: "closing", reason: "token_expires" });
  await settle();

  assert.equal(server.received.at(-1).ref, "renew");
  assert.equal(server.received.at(-1).redirect, undefined);
});
