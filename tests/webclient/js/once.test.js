import assert from "node:assert/strict";
import { test } from "node:test";

import { sendOnce } from "../../../static/js/accounts/once.js";

function openPage() {
  const page = new EventTarget();
  const clock = { now: 0 };
  page.defaultView = new EventTarget();
  sendOnce(page, () => clock.now);
  const send = (form, prevented = false) => {
    const event = new Event("submit", { cancelable: true });
    Object.defineProperty(event, "target", { value: form });
    if (prevented) event.preventDefault();
    page.dispatchEvent(event);
    return !event.defaultPrevented;
  };
  return { page, clock, send };
}

test("a second press while a form is under way sends nothing", () => {
  const { send } = openPage();
  const [form, other] = [{ method: "post" }, { method: "post" }];

  const sent = [send(form), send(form), send(other)];

  assert.deepEqual(sent, [true, false, true]);
});

test("who stopped a slow answer may send again after a while", () => {
  const { clock, send } = openPage();
  const form = { method: "post" };
  send(form);

  clock.now = 9_999;
  const early = send(form);
  clock.now = 10_000;
  const late = send(form);

  assert.deepEqual([early, late], [false, true]);
});

test("a page that is shown again sends again", () => {
  const { page, send } = openPage();
  const form = { method: "post" };
  send(form);

  page.defaultView.dispatchEvent(new Event("pageshow"));

  assert.equal(send(form), true);
});

test("a question was not sent, however often it is asked", () => {
  const { send } = openPage();
  const [dialog, asked] = [{ method: "dialog" }, { method: "post" }];

  const answers = [send(dialog), send(dialog)];
  send(asked, true);

  assert.deepEqual(answers, [true, true]);
  assert.equal(send(asked), true);
});
