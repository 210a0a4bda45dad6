// The REST API with the token of the signed-in user. Errors are ImError with the code of the problem document.

import { ImError } from "./protocol.js";

export class Rest {
  #apiUrl;
  #fetch;
  #getToken;

  /** `apiUrl` without a slash at its end, e.g. `/api/v1`; `getToken({ rejected })` as in Connection. */
  constructor({ apiUrl, fetch, getToken }) {
    this.#apiUrl = apiUrl.replace(/\/$/, "");
    this.#fetch = fetch;
    this.#getToken = getToken;
  }

  me = () => this.#call("GET", "/me");
  updateMe = (fields) => this.#call("PATCH", "/me", fields);
  user = (id) => this.#call("GET", `/users/${id}`);
  card = (id) => this.#call("GET", `/users/${id}/card`);
  organisations = () => this.#call("GET", "/directory");
  department = (id) => this.#call("GET", `/directory/departments/${id}`);
  departmentPeople = (id, { cursor = "", limit = 50 } = {}) =>
    this.#call("GET", `/directory/departments/${id}/people?${query({ cursor, limit })}`);
  contacts = ({ state = "", cursor = "", limit = 50 } = {}) => this.#call("GET", `/contacts?${query({ state, cursor, limit })}`);
  askContact = (user) => this.#call("PUT", `/contacts/${user}`);
  endContact = (user) => this.#call("DELETE", `/contacts/${user}`);
  block = (user) => this.#call("PUT", `/blocks/${user}`);
  unblock = (user) => this.#call("DELETE", `/blocks/${user}`);
  searchUsers = (q, { cursor = "", limit = 20 } = {}) => this.#call("GET", `/users?${query({ q, cursor, limit })}`);
  conversation = (id) => this.#call("GET", `/conversations/${id}`);
  startDirect = (user) => this.#call("POST", "/conversations", { kind: "direct", user });
  startGroup = (title, members) => this.#call("POST", "/conversations", { kind: "group", title, members });
  rename = (id, title) => this.#call("PATCH", `/conversations/${id}`, { title });
  members = (id, { cursor = "", limit = 100 } = {}) =>
    this.#call("GET", `/conversations/${id}/members?${query({ cursor, limit })}`);
  addMembers = (id, members) => this.#call("POST", `/conversations/${id}/members`, { members });
  setRole = (id, user, role) => this.#call("PATCH", `/conversations/${id}/members/${user}`, { role });
  removeMember = (id, user) => this.#call("DELETE", `/conversations/${id}/members/${user}`);

  async #call(method, path, body) {
    let token = await this.#getToken({});
    let answer = await this.#send(method, path, body, token);
    if (answer.status === 401) {
      token = await this.#getToken({ rejected: token });
      answer = await this.#send(method, path, body, token);
    }
    if (!answer.ok) throw await problem(answer);
    return answer.status === 204 ? null : answer.json();
  }

  async #send(method, path, body, token) {
    const headers = { Authorization: `Bearer ${token}`, Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const request = { method, headers, credentials: "omit", body: body === undefined ? undefined : JSON.stringify(body) };
    try {
      return await this.#fetch(this.#apiUrl + path, request);
    } catch {
      throw new ImError("offline", "the server cannot be reached", { retry: true });
    }
  }
}

function query(fields) {
  return new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== ""));
}

async function problem(answer) {
  const document = await answer.json().catch(() => ({}));
  const code = document.code ?? `http_${answer.status}`;
  const retryAfterMs = 1000 * Number(answer.headers.get("Retry-After") ?? 0) || 0;
  const retry = answer.status === 429 || answer.status >= 500;
  return new ImError(code, document.detail ?? document.title ?? "", { status: answer.status, retry, retryAfterMs });
}
