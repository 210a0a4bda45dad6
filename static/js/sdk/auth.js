// Signing in through OAuth 2: authorisation code with PKCE (RFC 7636), refresh, sign-out.
//
// The tokens lie in `storage` (shared by the tabs of a browser). Refresh tokens rotate, so two tabs must not use the
// same one: refreshing happens under a lock, and whoever gets the lock second finds the fresh token already there.

import { toBase64Url } from "./ids.js";
import { ImError, SignedOut } from "./protocol.js";
import { sha256 } from "./sha256.js";

const TOKENS = "im.tokens";
const PENDING = "im.signing-in";
const REFRESH_LOCK = "im.refresh";
const EARLY_MS = 30_000;
const VERIFIER_BYTES = 48;
const STATE_BYTES = 18;

export class Auth {
  #endpoints;
  #storage;
  #session;
  #locks;
  #fetch;
  #clock;
  #crypto;

  /**
   * `endpoints`: `{ clientId, redirectUri, authorizeUrl, tokenUrl, revokeUrl }`.
   * `storage`: localStorage or its like; `session`: sessionStorage or its like, for the sign-in under way.
   */
  constructor({ endpoints, storage, session, locks, fetch, clock, crypto }) {
    this.#endpoints = endpoints;
    this.#storage = storage;
    this.#session = session;
    this.#locks = locks;
    this.#fetch = fetch;
    this.#clock = clock;
    this.#crypto = crypto;
  }

  get signedIn() {
    return this.#load() !== null;
  }

  /** The address to send the browser to; remembers what the way back needs. */
  async beginSignIn() {
    const verifier = toBase64Url(this.#crypto.getRandomValues(new Uint8Array(VERIFIER_BYTES)));
    const state = toBase64Url(this.#crypto.getRandomValues(new Uint8Array(STATE_BYTES)));
    this.#session.setItem(PENDING, JSON.stringify({ verifier, state }));
    const query = new URLSearchParams({
      response_type: "code",
      client_id: this.#endpoints.clientId,
      redirect_uri: this.#endpoints.redirectUri,
      state,
      code_challenge: await this.#challenge(verifier),
      code_challenge_method: "S256",
    });
    return `${this.#endpoints.authorizeUrl}?${query}`;
  }

  /** Exchange the code in the query of the redirect for tokens. Throws ImError when it is not the answer we asked for. */
  async finishSignIn(search) {
    const query = new URLSearchParams(search);
    const pending = JSON.parse(this.#session.getItem(PENDING) ?? "null");
    this.#session.removeItem(PENDING);
    if (query.get("error")) throw new ImError(query.get("error"), query.get("error_description") ?? "");
    if (!pending || !query.get("code") || query.get("state") !== pending.state) {
      throw new ImError("sign_in_mismatch", "this sign-in was not started in this tab");
    }
    const answer = await this.#post(this.#endpoints.tokenUrl, {
      grant_type: "authorization_code",
      code: query.get("code"),
      redirect_uri: this.#endpoints.redirectUri,
      code_verifier: pending.verifier,
    });
    if (!answer.ok) throw new ImError("sign_in_failed", `the server answered ${answer.status}`, { status: answer.status });
    this.#save(await answer.json());
  }

  /** A valid access token other than `rejected`. Throws SignedOut when a person has to sign in again. */
  async getToken({ rejected = "" } = {}) {
    const tokens = this.#load();
    if (this.#usable(tokens, rejected)) return tokens.access;
    return this.#locks.request(REFRESH_LOCK, async () => {
      const latest = this.#load();
      return this.#usable(latest, rejected) ? latest.access : this.#refresh(latest);
    });
  }

  /** Revoke the tokens as far as the server can be reached, and forget them in any case. */
  async signOut() {
    const tokens = this.#load();
    this.#storage.removeItem(TOKENS);
    if (!tokens) return;
    try {
      await this.#post(this.#endpoints.revokeUrl, { token: tokens.refresh, token_type_hint: "refresh_token" });
    } catch {
      // Unreachable server: the tokens are gone from here and end by themselves there.
    }
  }

  async #refresh(tokens) {
    if (!tokens) throw new SignedOut();
    const answer = await this.#post(this.#endpoints.tokenUrl, { grant_type: "refresh_token", refresh_token: tokens.refresh });
    if (answer.status === 400 || answer.status === 401) {
      this.#storage.removeItem(TOKENS);
      throw new SignedOut("the refresh token is no longer valid");
    }
    if (!answer.ok) throw new ImError("unavailable", `the server answered ${answer.status}`, { retry: true });
    return this.#save(await answer.json());
  }

  #usable(tokens, rejected) {
    return tokens !== null && tokens.access !== rejected && tokens.expires - EARLY_MS > this.#clock.now();
  }

  #load() {
    return JSON.parse(this.#storage.getItem(TOKENS) ?? "null");
  }

  #save(answer) {
    const expires = this.#clock.now() + answer.expires_in * 1000;
    const tokens = { access: answer.access_token, refresh: answer.refresh_token, expires };
    this.#storage.setItem(TOKENS, JSON.stringify(tokens));
    return tokens.access;
  }

  #post(url, fields) {
    const body = new URLSearchParams({ ...fields, client_id: this.#endpoints.clientId });
    return this.#fetch(url, { method: "POST", body, credentials: "omit" });
  }

  async #challenge(verifier) {
    const bytes = new TextEncoder().encode(verifier);
    const { subtle } = this.#crypto;
    return toBase64Url(subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256(bytes));
  }
}
