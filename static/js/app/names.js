// How conversations, people and events are called in one line of text.

import { linkify } from "./linkify.js";
import { nameList } from "./format.js";

/** The name of a user; asks the client to learn it when it is not known yet. */
export function personName({ client, t }, user) {
  const name = client.store.nameOf(user);
  if (!name) client.directory.learnName(user);
  return name || t("chat.unknownPerson");
}

/** Title of a conversation: its own, or who is in it. */
export function conversationTitle(app, conversation) {
  const { peer } = conversation;
  if (conversation.kind === "direct") return peer?.name || conversation.title || app.t("chat.unknownPerson");
  if (conversation.title) return conversation.title;
  const others = [...conversation.members.values()].filter((member) => member.user !== app.client.me.id);
  const names = others.slice(0, 4).map((member) => member.name);
  return names.length > 0 ? nameList(app.tag, names) : app.t("chat.unnamedGroup");
}

/** One line that stands for a message in the list. */
export function messagePreview(app, { kind, body }) {
  if (kind === "text") return body.text.replace(/\s+/g, " ");
  return `[${app.t(`kind.${kind}`)}]${body.name ? ` ${body.name}` : ""}`;
}

/** What a system event says. */
export function systemText(app, event) {
  const { t, tag } = app;
  const { kind, body } = event;
  const actor = personName(app, event.sender);
  const members = (body.members ?? []).map((user) => personName(app, user));
  if (kind === "conversation_created") {
    return body.title ? t("system.createdTitled", { actor, title: body.title }) : t("system.created", { actor });
  }
  if (kind === "members_added") return t("system.added", { actor, members: nameList(tag, members) });
  if (kind === "members_removed") {
    const left = body.members.length === 1 && body.members[0] === event.sender;
    return left ? t("system.left", { actor }) : t("system.removed", { actor, members: nameList(tag, members) });
  }
  if (kind === "conversation_renamed") return t("system.renamed", { actor, title: body.title });
  if (kind === "member_role_changed") return t(`system.role.${body.role}`, { actor, member: personName(app, body.member) });
  return t("system.other");
}

/** Whether a text holds nothing but a few emoji, which are then shown large. */
export function isBigEmoji(text) {
  return text.length <= 24 && linkify(text).length === 1 && /^(?:\p{Extended_Pictographic}[\u{FE0F}\u{1F3FB}-\u{1F3FF}]?(?:\u{200D}\p{Extended_Pictographic}\u{FE0F}?)*\s*){1,3}$/u.test(text);
}
