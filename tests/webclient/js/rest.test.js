import assert from "node:assert/strict";
import { test } from "node:test";

import { Directory } from "../../../static/js/sdk/directory.js";
import { ImError } from "../../../static/js/sdk/index.js";
import { Rest } from "../../../static/js/sdk/rest.js";

function makeRig(answers = () => ({ status: 200, body: {} })) {
  const asked = [];
  const fetch = async (url, { method, headers, body }) => {
    asked.push([method, url, headers.Authorization, body]);
    const { status, body: answer, retryAfter } = answers(asked.length);
    return {
      status,
      ok: status < 400,
      headers: new Map(retryAfter ? [["Retry-After", retryAfter]] : []),
      json: async () => answer,
    };
  };
  const getToken = async ({ rejected }) => (rejected ? "second" : "first");
  const rest = new Rest({ apiUrl: "/api/v1/", fetch, getToken });
  return { rest, asked, directory: new Directory({ me: "me", rest, store: null }) };
}

test("contacts and departments are asked for where the server has them", async () => {
  const { directory, asked } = makeRig();

  await directory.organisations();
  await directory.department("d");
  await directory.departmentPeople("d", { cursor: "x" });
  await directory.card("u");
  await directory.contacts({ state: "accepted" });
  await directory.askContact("u");
  await directory.endContact("u");
  await directory.setBlocked("u", true);
  await directory.setBlocked("u", false);

  assert.deepEqual(
    asked.map(([method, url]) => `${method} ${url}`),
    [
      "GET /api/v1/directory",
      "GET /api/v1/directory/departments/d",
      "GET /api/v1/directory/departments/d/people?cursor=x&limit=50",
      "GET /api/v1/users/u/card",
      "GET /api/v1/contacts?state=accepted&limit=50",
      "PUT /api/v1/contacts/u",
      "DELETE /api/v1/contacts/u",
      "PUT /api/v1/blocks/u",
      "DELETE /api/v1/blocks/u",
    ],
  );
});

test("a request whose token is refused is sent once more with another one", async () => {
  const { rest, asked } = makeRig((round) => (round === 1 ? { status: 401, body: {} } : { status: 200, body: { id: "me" } }));

  const me = await rest.me();

  assert.deepEqual(me, { id: "me" });
  assert.deepEqual(
    asked.map(([, , token]) => token),
    ["Bearer first", "Bearer second"],
  );
});

test("a problem document becomes an error with its code and when to come back", async () => {
  const { rest } = makeRig(() => ({ status: 429, body: { code: "too_many", detail: "slow down" }, retryAfter: "3" }));

  const error = await rest.organisations().catch((caught) => caught);

  assert.ok(error instanceof ImError);
  assert.equal(error.code, "too_many");
  assert.equal(error.retry, true);
  assert.equal(error.retryAfterMs, 3000);
});
