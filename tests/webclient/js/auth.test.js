import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";
import { test } from "node:test";

import { Auth, LocalLocks } from "../../../static/js/sdk/index.js";

import { FakeClock } from "./fake_clock.js";

const ENDPOINTS = { clientId: "web", redirectUri: "https://im/chat/callback", authorizeUrl: "/oauth/authorize/", tokenUrl: "/oauth/token/", revokeUrl: "/oauth/revoke_token/" };

class FakeStorage {
  values = new Map();
  getItem = (key) => this.values.get(key) ?? null;
  setItem = (key, value) => this.values.set(key, value);
  removeItem = (key) => this.values.delete(key);
}

function makeRig({ crypto = webcrypto } = {}) {
  const rig = { clock: new FakeClock(), storage: new FakeStorage(), session: new FakeStorage(), locks: new LocalLocks(), posts: [], status: 200 };
  const fetch = async (url, { body }) => {
    rig.posts.push({ url, ...Object.fromEntries(body) });
    if (rig.down) throw new TypeError("network");
    const n = rig.posts.length;
    return { ok: rig.status < 300, status: rig.status, json: async () => ({ access_token: `access-${n}`, refresh_token: `refresh-${n}`, expires_in: 3600 }) };
  };
  rig.makeTab = () => new Auth({ endpoints: ENDPOINTS, ...rig, fetch, crypto });
  return rig;
}

async function signIn(auth) {
  const url = new URL(await auth.beginSignIn(), "https://im");
  await auth.finishSignIn(`?code=abc&state=${url.searchParams.get("state")}`);
  return url.searchParams;
}

for (const [name, crypto] of [["the browser's", webcrypto], ["our own", { getRandomValues: (bytes) => webcrypto.getRandomValues(bytes) }]]) {
  test(`the code is exchanged with the verifier whose challenge was sent, by ${name} SHA-256`, async () => {
    const rig = makeRig({ crypto });
    const auth = rig.makeTab();

    const asked = await signIn(auth);

    const [post] = rig.posts;
    assert.equal(asked.get("code_challenge_method"), "S256");
    assert.equal(createHash("sha256").update(post.code_verifier).digest("base64url"), asked.get("code_challenge"));
    assert.ok(post.code_verifier.length >= 43);
    assert.equal(await auth.getToken(), "access-1");
  });
}

test("an answer to a sign-in nobody started is refused", async () => {
  const auth = makeRig().makeTab();
  await auth.beginSignIn();

  await assert.rejects(auth.finishSignIn("?code=abc&state=forged"), { code: "sign_in_mismatch" });
  assert.equal(auth.signedIn, false);
});

test("the server's refusal is passed on", async () => {
  await assert.rejects(makeRig().makeTab().finishSignIn("?error=access_denied"), { code: "access_denied" });
});

test("a token is refreshed once when several tabs need it at once", async () => {
  const rig = makeRig();
  const tabs = [rig.makeTab(), rig.makeTab(), rig.makeTab()];
  await signIn(tabs[0]);
  await rig.clock.advance(3_600_000);

  const tokens = await Promise.all(tabs.map((tab) => tab.getToken()));

  assert.deepEqual(tokens, ["access-2", "access-2", "access-2"]);
  assert.equal(rig.posts[1].refresh_token, "refresh-1");
});

test("a token that was rejected is replaced although it has not ended", async () => {
  const rig = makeRig();
  const auth = rig.makeTab();
  await signIn(auth);

  assert.equal(await auth.getToken({ rejected: "access-1" }), "access-2");
});

test("a refresh token that is no longer valid signs the person out", async () => {
  const rig = makeRig();
  const auth = rig.makeTab();
  await signIn(auth);
  rig.status = 400;

  await assert.rejects(auth.getToken({ rejected: "access-1" }), { code: "signed_out" });
  assert.equal(auth.signedIn, false);
});

test("a server in trouble signs nobody out", async () => {
  const rig = makeRig();
  const auth = rig.makeTab();
  await signIn(auth);
  rig.status = 503;

  await assert.rejects(auth.getToken({ rejected: "access-1" }), { retry: true });
  assert.equal(auth.signedIn, true);
});

test("signing out revokes the refresh token, and forgets it even when the server is down", async () => {
  const rig = makeRig();
  const auth = rig.makeTab();
  await signIn(auth);
  rig.down = true;

  await auth.signOut();

  assert.equal(rig.posts.at(-1).token, "refresh-1");
  await assert.rejects(auth.getToken(), { code: "signed_out" });
});
