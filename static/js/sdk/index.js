// The SDK: everything a client of the protocol needs, without a page. Time, sockets, requests and storage come in as
// arguments, so it runs in browsers and under Node alike.

export { Auth } from "./auth.js";
export { ImClient } from "./client.js";
export { Connection } from "./connection.js";
export { makeMessageId, makeUuid, parseMessageId } from "./ids.js";
export { LocalLocks, browserLocks } from "./locks.js";
export { Outbox } from "./outbox.js";
export { ImError, SignedOut, isMessage } from "./protocol.js";
export { Rest } from "./rest.js";
export { MemoryStorage, openOutboxStorage } from "./storage.js";
