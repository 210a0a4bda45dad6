import assert from "node:assert/strict";
import { test } from "node:test";

import { Conversation } from "../../../static/js/sdk/conversation.js";

const member = (user, name, rest = {}) => ({ user, name, role: "member", ...rest });

function makeConversation(state = {}, rest = {}) {
  const view = { kind: "group", title: "Team", member_count: 3, members: [member("me", "Me"), member("bob", "Bob"), member("eve", "Eve")], time: 10, ...rest };
  return new Conversation("me", { ...view, state: { conversation: "c", max_seq: 0, first_seq: 1, delivered_seq: 0, read_seq: 0, unread: 0, ...state } });
}

const text = (seq, sender = "bob") => ({ seq, id: `e${seq}`, kind: "text", sender, time: seq, body: { text: `${seq}` } });

test("messages of others count as unread, own ones and system events do not", () => {
  const conversation = makeConversation();

  conversation.applyEvent(text(1));
  conversation.applyEvent(text(2, "me"));
  conversation.applyEvent({ ...text(3), kind: "members_added", body: { members: [] } });

  assert.equal(conversation.unread, 1);
});

test("events that the server's count already has are not counted twice", () => {
  const conversation = makeConversation();
  conversation.applyState({ max_seq: 2, read_seq: 0, unread: 2 });

  conversation.applyNewer({ events: [text(1), text(2), text(3)], max_seq: 3 });

  assert.equal(conversation.unread, 3);
});

test("reading up to somewhere leaves what comes after it unread", () => {
  const conversation = makeConversation();
  for (let seq = 1; seq <= 5; seq += 1) conversation.applyEvent(text(seq));

  assert.equal(conversation.markRead(3), true);
  assert.equal(conversation.unread, 2);
  assert.equal(conversation.markRead(2), false);
  assert.equal(conversation.unread, 2);
});

test("positions never go back, whatever order the notices come in", () => {
  const conversation = makeConversation();

  conversation.applyCursor({ user: "bob", delivered_seq: 5, read_seq: 4 });
  conversation.applyCursor({ user: "bob", delivered_seq: 3, read_seq: 2 });
  conversation.applyView({ kind: "group", title: "Team", member_count: 3, members: [member("bob", "Bob", { delivered_seq: 1 })], state: { conversation: "c" } });

  assert.deepEqual(conversation.progress(4), { delivered: 1, read: 1, of: 2 });
});

test("reading on another terminal reads here too", () => {
  const conversation = makeConversation();
  conversation.applyEvent(text(1));

  conversation.applyCursor({ user: "me", delivered_seq: 1, read_seq: 1 });

  assert.equal(conversation.unread, 0);
});

test("an old state does not bring back unread messages", () => {
  const conversation = makeConversation();
  conversation.applyEvent(text(1));
  conversation.markRead(1);

  conversation.applyState({ max_seq: 1, read_seq: 0, unread: 1 });

  assert.equal(conversation.unread, 0);
});

test("complete members replace the known ones but keep how far they were", () => {
  const conversation = makeConversation();
  conversation.applyCursor({ user: "bob", delivered_seq: 5, read_seq: 5 });

  conversation.applyMembers([member("me", "Me"), member("bob", "Bob")]);

  assert.equal(conversation.members.has("eve"), false);
  assert.deepEqual(conversation.progress(5), { delivered: 1, read: 1, of: 1 });
});

test("a direct conversation knows who the other one is", () => {
  assert.equal(makeConversation({}, { kind: "direct" }).peer.user, "bob");
  assert.equal(makeConversation().peer, undefined);
});
