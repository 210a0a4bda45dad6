// Constants of the wire protocol, version 1, and the errors the SDK throws. `docs/wire.md` is the specification.

export const MAX_SYNC_EVENTS = 200;
export const MAX_LISTED_CONVERSATIONS = 100;
export const UNREAD_CAP = 999;

export const CLOSE = Object.freeze({
  TOO_LARGE: 1009, PROTOCOL: 4400, SIGN_IN: 4401, REVOKED: 4403, IDLE: 4408, DISPLACED: 4409, SLOW_READER: 4413, FLOOD: 4429,
});

/** After these the client does not come back by itself; after any other close code it does, with back-off. */
export const CLOSES_FOR_GOOD = new Set([CLOSE.TOO_LARGE, CLOSE.PROTOCOL, CLOSE.REVOKED, CLOSE.DISPLACED]);

/** Why a client that does not come back was closed; anything else is a breach of the protocol. */
export const FINAL_REASONS = Object.freeze({
  [CLOSE.REVOKED]: "revoked", [CLOSE.DISPLACED]: "signed_in_elsewhere",
});

/** What a terminal that is shut out may have been told beforehand: more than the close code says. */
export const REVOKED_REASONS = new Set(["password_changed", "account_suspended", "tenant_suspended", "signed_out"]);

/** After these nothing is wrong with the node: come back to the same one. */
export const SAME_NODE = new Set([CLOSE.SIGN_IN, CLOSE.IDLE, CLOSE.SLOW_READER, CLOSE.FLOOD]);

const MESSAGE_KINDS = new Set(["text", "image", "audio", "video", "file", "location", "custom"]);

/** Whether an event is a message from a person; only those count as unread. */
export function isMessage(event) {
  return MESSAGE_KINDS.has(event.kind);
}

/** The server refused a frame or a request. `retry` says that the very same one may succeed after `retryAfterMs`. */
export class ImError extends Error {
  constructor(code, message, { retry = false, retryAfterMs = 0, status = 0 } = {}) {
    super(message || code);
    this.name = "ImError";
    this.code = code;
    this.retry = retry;
    this.retryAfterMs = retryAfterMs;
    this.status = status;
  }

  /** From an `error` frame. */
  static fromFrame(frame) {
    const { code, message, retry = false, retry_after_ms: retryAfterMs = 0 } = frame;
    return new ImError(code, message, { retry, retryAfterMs });
  }
}

/** The connection went away before the answer came: the outcome is unknown, so repeat with the same id. */
export class ConnectionLost extends ImError {
  constructor() {
    super("connection_lost", "the connection was lost before the answer came", { retry: true });
    this.name = "ConnectionLost";
  }
}

/** There is no valid token any more: a person has to sign in. */
export class SignedOut extends ImError {
  constructor(message = "signed out") {
    super("signed_out", message);
    this.name = "SignedOut";
  }
}
