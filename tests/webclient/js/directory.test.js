import assert from "node:assert/strict";
import { test } from "node:test";

import { ImError } from "../../../static/js/sdk/index.js";
import { Directory } from "../../../static/js/sdk/directory.js";
import { Store } from "../../../static/js/sdk/store.js";

function makeRig(rest) {
  const store = new Store("me");
  store.applyView({ kind: "group", title: "Team", member_count: 1, members: [], time: 1, state: { conversation: "c" } });
  return { store, directory: new Directory({ me: "me", rest, store }) };
}

test("a membership of several pages is read to its end", async () => {
  const pages = { "": { items: [{ user: "me", name: "Me", role: "owner" }], next: "2" }, 2: { items: [{ user: "bob", name: "Bob", role: "member" }] } };
  const { store, directory } = makeRig({ members: async (id, { cursor }) => pages[cursor] });

  await directory.fetchMembers("c");

  assert.deepEqual([...store.get("c").members.keys()], ["me", "bob"]);
  assert.equal(store.get("c").memberCount, 2);
  assert.equal(store.nameOf("bob"), "Bob");
});

test("removing somebody reads the membership anew, leaving drops the conversation", async () => {
  const asked = [];
  const rest = { removeMember: async (id, user) => asked.push(user), members: async () => ({ items: [{ user: "me", name: "Me", role: "owner" }] }) };
  const { store, directory } = makeRig(rest);

  await directory.removeMember("c", "bob");
  assert.equal(store.get("c").membersComplete, true);
  await directory.removeMember("c", "me");

  assert.deepEqual(asked, ["bob", "me"]);
  assert.equal(store.get("c"), undefined);
});

test("a name is asked for once, again only when the server was away", async () => {
  let away = true;
  const asked = [];
  const user = async (id) => {
    asked.push(id);
    if (away) throw new ImError("offline", "", { retry: true });
    return { id, display_name: "Zoe" };
  };
  const { store, directory } = makeRig({ user });

  await directory.learnName("z");
  away = false;
  await Promise.all([directory.learnName("z"), directory.learnName("z")]);
  await directory.learnName("z");

  assert.deepEqual(asked, ["z", "z"]);
  assert.equal(store.nameOf("z"), "Zoe");
});
