// What the interface works out without a page: links, rows, marks, names, texts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { duration, fileSize, hue, initials, rowTime } from "../../../static/js/app/format.js";
import { linkify } from "../../../static/js/app/linkify.js";
import { isBigEmoji, systemText } from "../../../static/js/app/names.js";
import { buildRows, markOf, sameGroup } from "../../../static/js/app/timeline.js";
import { LANGUAGES, errorText, languageFor, translator } from "../../../static/js/i18n/index.js";

const links = (text) => linkify(text).filter(({ href }) => href).map(({ href }) => href);

test("web addresses become links, and the text stays whole", () => {
  const text = "See https://example.com/a?b=1#c, http://x.test. (https://en.wiki.test/a_(b)) 在https://例子.测试/页。";

  assert.deepEqual(links(text), ["https://example.com/a?b=1#c", "http://x.test/", "https://en.wiki.test/a_(b)"].concat(new URL("https://例子.测试/页").href));
  assert.equal(linkify(text).map((part) => part.text).join(""), text);
});

test("nothing but http and https becomes a link", () => {
  for (const text of ["javascript:alert(1)", "JaVaScRiPt:alert(1)//https", "data:text/html,<b>x", "file:///etc/passwd", "https://", "vbscript:x", "xhttps://no.test", "java\nscript:alert(1)"]) {
    assert.deepEqual(links(text), [], text);
  }
});

test("an address cannot carry quotes or brackets out of itself", () => {
  assert.deepEqual(links('https://a.test/"onmouseover="alert(1)'), ["https://a.test/"]);
  assert.deepEqual(links("https://a.test/<script>"), ["https://a.test/"]);
});

const at = (seq, sender, minutes, rest = {}) => ({ seq, id: `e${seq}`, sender, time: Date.UTC(2026, 0, 5, 12, minutes), kind: "text", body: { text: `${seq}` }, ...rest });
const rowsOf = (events, rest = {}) => buildRows({ events, pending: [], me: "me", dividerAfter: null, ...rest });

test("messages of one sender shortly after each other form a group", () => {
  const rows = rowsOf([at(1, "bob", 0), at(2, "bob", 1), at(3, "me", 2), at(4, "bob", 3), at(5, "bob", 30)]);

  assert.deepEqual(rows.map(({ type, items }) => (items ? items.length : type)), ["day", 2, 1, 1, 1]);
  assert.deepEqual(rows.filter(({ type }) => type === "group").map(({ own }) => own), [false, true, false, false]);
});

test("every day has its heading", () => {
  assert.deepEqual(rowsOf([at(1, "bob", 0), at(2, "bob", 60 * 24 * 2)]).map(({ type }) => type), ["day", "group", "day", "group"]);
});

test("the divider stands above the first new message of somebody else", () => {
  const rows = rowsOf([at(1, "bob", 0), at(2, "me", 1), at(3, "bob", 2), at(4, "bob", 3)], { dividerAfter: 1 });

  assert.deepEqual(rows.map(({ type }) => type), ["day", "group", "group", "new", "group"]);
  assert.equal(rowsOf([at(1, "me", 0)], { dividerAfter: 0 }).some(({ type }) => type === "new"), false);
});

test("nothing is new before one's own answer", () => {
  const answered = [at(1, "bob", 0), at(2, "me", 1)];

  assert.equal(rowsOf(answered, { dividerAfter: 0 }).some(({ type }) => type === "new"), false);
  assert.equal(rowsOf([...answered, at(3, "bob", 2)], { dividerAfter: 0 }).at(-2).type, "new");
});

test("membership changes are lines of their own", () => {
  assert.deepEqual(rowsOf([at(1, "bob", 0, { kind: "members_added", body: { members: [] } })]).map(({ type }) => type), ["day", "system"]);
});

test("unsent messages come last, and not at all once they are in the log", () => {
  const entry = (id) => ({ id, created: Date.UTC(2026, 0, 5, 12, 1), kind: "text", body: { text: id }, state: "queued" });

  const [, group] = rowsOf([at(1, "me", 0)], { pending: [entry("e1"), entry("p")] });

  assert.deepEqual(group.items.map(({ key, seq }) => [key, seq]), [["e1", 1], ["p", null]]);
});

const conversation = (kind, progress) => ({ kind, progress: () => progress });

test("marks of a direct conversation go from queued to read", () => {
  const direct = (delivered, read) => markOf({ seq: 1 }, conversation("direct", { delivered, read, of: 1 }), true).state;

  assert.equal(markOf({ seq: null }, null, false).state, "queued");
  assert.equal(markOf({ seq: null }, null, true).state, "sending");
  assert.equal(markOf({ seq: null, failed: "x" }, null, true).state, "failed");
  assert.deepEqual([direct(0, 0), direct(1, 0), direct(1, 1)], ["sent", "delivered", "read"]);
});

test("marks of a group say how many have read", () => {
  const group = (delivered, read) => markOf({ seq: 1 }, conversation("group", { delivered, read, of: 3 }), true);

  assert.deepEqual([group(2, 0).state, group(3, 0).state, group(3, 3).state], ["sent", "delivered", "read"]);
  assert.deepEqual(group(3, 2), { state: "partly", read: 2, of: 3 });
});

test("a group is drawn again exactly when something of it changed", () => {
  const props = (change = {}) => ({
    name: "Bob",
    named: true,
    row: { items: [{ key: "a", seq: 1, failed: null }] },
    marks: [{ state: "sent", read: 0, of: 2 }],
    ...change,
  });

  assert.equal(sameGroup(props(), props()), true);
  const changes = [
    { name: "Rob" },
    { named: false },
    { row: { items: [] } },
    { row: { items: [{ key: "a", seq: 1, failed: "busy" }] } },
    { row: { items: [{ key: "a", seq: null, failed: null }] } },
    { marks: [{ state: "read", read: 0, of: 2 }] },
    { marks: [{ state: "sent", read: 1, of: 2 }] },
    { marks: [null] },
  ];
  for (const change of changes) assert.equal(sameGroup(props(), props(change)), false, JSON.stringify(change));
});

test("both languages have the same texts with the same places", () => {
  const places = (text) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  const [zh, en] = [LANGUAGES.zh.catalogue, LANGUAGES.en.catalogue];

  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  for (const key of Object.keys(en)) {
    assert.deepEqual(places(zh[key]), places(en[key]), key);
    assert.ok(zh[key].trim() && en[key].trim(), key);
  }
});

test("texts take numbers and values, which are put in once", () => {
  const t = translator("en");

  assert.equal(t("chat.members", { count: 1 }), "1 member");
  assert.equal(t("chat.members", { count: 2 }), "2 members");
  assert.equal(translator("zh")("chat.members", { count: 1 }), "1 位成员");
  assert.equal(t("people.remove", { name: "{name} $& x" }), "Remove {name} $& x");
});

test("the language follows the browser's tag", () => {
  assert.deepEqual(["zh-hans", "zh-CN", "ZH", "en-GB", "fr", ""].map(languageFor), ["zh", "zh", "zh", "en", "en", "en"]);
});

test("errors without a text of their own show their code", () => {
  const t = translator("en");

  assert.equal(errorText(t, { code: "busy" }), "The server is busy.");
  assert.equal(errorText(t, { code: "brand_new" }), "Something went wrong (brand_new).");
});

test("system events read as sentences", () => {
  const names = { a: "Alice", b: "Bob", c: "Carol" };
  const app = { client: { store: { nameOf: (user) => names[user] ?? "" }, directory: { learnName() {} } }, t: translator("en"), tag: "en" };
  const says = (kind, body, sender = "a") => systemText(app, { kind, body, sender });

  assert.equal(says("members_added", { members: ["b", "c"] }), "Alice added Bob and Carol");
  assert.equal(says("members_removed", { members: ["a"] }), "Alice left");
  assert.equal(says("members_removed", { members: ["b"] }), "Alice removed Bob");
  assert.equal(says("conversation_renamed", { title: "<b>" }), "Alice renamed the group to “<b>”");
  assert.equal(says("member_role_changed", { member: "x", role: "admin" }), "Alice made Somebody an administrator");
  assert.equal(says("something_later", {}), "Something changed in this chat");
});

test("names, sizes and times are short", () => {
  const noon = new Date(2026, 0, 5, 12, 0).getTime();
  const t = translator("en");

  assert.deepEqual(["Alice Moreau", "张伟", "欧阳小明", "bob", "", "<img>"].map(initials), ["AM", "张伟", "小明", "B", "?", "I"]);
  assert.deepEqual([fileSize("en", 999), fileSize("en", 248_123), fileSize("en", 0)], ["999 B", "242.3 KB", "0 B"]);
  assert.equal(duration(65_400), "1:05");
  assert.equal(rowTime(t, "en", noon, noon + 3_600_000), "12:00");
  assert.equal(rowTime(t, "en", noon, noon + 86_400_000), "Yesterday");
  assert.ok(hue("anything") >= 0 && hue("anything") < 10);
});

test("a few emoji alone are shown large, text is not", () => {
  assert.deepEqual(["🎉", "👍👍", "👨‍👩‍👧", "ok 👍", "123", "🎉🎉🎉🎉"].map(isBigEmoji), [true, true, true, false, false, false]);
});
