// Puts real clients of the SDK on a fake server and a fake clock: several tabs of a person share storage and locks.

import { webcrypto } from "node:crypto";

import { ImClient, LocalLocks, MemoryStorage } from "../../../static/js/sdk/index.js";

import { FakeClock, settle } from "./fake_clock.js";
import { FakeServer, ids } from "./fake_server.js";

export function makeWorld() {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const alice = server.addPerson(1, "alice");
  const bob = server.addPerson(2, "bob");
  const room = server.addConversation(100, [alice, bob], { kind: "direct" });
  return { clock, server, alice, bob, room };
}

/** What the tabs of one browser share. */
export function makeBrowser() {
  return { storage: new MemoryStorage(), locks: new LocalLocks(), channels: new Set() };
}

/** Start a client for `name`; `browser` from makeBrowser for several tabs. */
export async function startClient({ server, clock }, name, { browser = makeBrowser(), user, urls = ["ws://main/ws/v1"] } = {}) {
  const id = user ?? server.tokens.get(`token-${name}`);
  const client = new ImClient({
    me: { id, display_name: name },
    rest: fakeRest(server, id),
    connection: { urls, WebSocket: server.WebSocket, getToken: async () => `token-${name}`, hello: { terminal: ids(9000 + Number(id.slice(-4))), platform: "web", name: "test" } },
    outbox: { storage: browser.storage, locks: browser.locks, channel: channelOf(browser) },
    clock,
    random: () => 0.5,
    crypto: webcrypto,
  });
  await client.start();
  await settle();
  return client;
}

export const texts = (client, conversation) => client.store.get(conversation).window.events.map((event) => event.body.text);

function channelOf({ channels }) {
  const channel = {
    postMessage(message) {
      const copy = structuredClone(message);
      for (const other of channels) if (other !== channel) queueMicrotask(() => other.onmessage?.({ data: copy }));
    },
    close: () => channels.delete(channel),
  };
  channels.add(channel);
  return channel;
}

function fakeRest(server, user) {
  return {
    user: async (id) => ({ id, display_name: server.people.get(id) }),
    conversation: async (id) => server.view(id, user),
    members: async (id) => ({ items: server.members(id), next: "" }),
  };
}
