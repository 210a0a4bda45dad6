// Identifiers of the protocol: UUID text and bytes, and the message id a client makes for each message.
//
// A message id is 48 bytes: version (1), sender (16), terminal (16), unix time in ms as a big-endian 48-bit number (6),
// random (9). On the wire it is base64url without padding, always 64 characters. Time and randomness come in as
// arguments, so everything here is a pure function of its input.

export const MESSAGE_ID_VERSION = 1;
export const MESSAGE_ID_BYTES = 48;
export const MESSAGE_ID_RANDOM_BYTES = 9;

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MESSAGE_ID_TEXT = /^[A-Za-z0-9_-]{64}$/;
const TIME_LIMIT_MS = 2 ** 48;

/** The 16 bytes of a UUID in its canonical text form. Throws RangeError on any other text. */
export function uuidToBytes(text) {
  if (!UUID_TEXT.test(text)) throw new RangeError(`${text} is not a UUID`);
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** The canonical text of 16 bytes. */
export function bytesToUuid(bytes) {
  if (bytes.length !== 16) throw new RangeError(`a UUID has 16 bytes, not ${bytes.length}`);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A random (version 4) UUID from 16 random bytes. */
export function makeUuid(random) {
  const bytes = Uint8Array.from(random);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytesToUuid(bytes);
}

/** The 64 characters of a new message id. `random` are 9 bytes nobody can guess. */
export function makeMessageId({ sender, terminal, timeMs, random }) {
  if (!Number.isInteger(timeMs) || timeMs < 0 || timeMs >= TIME_LIMIT_MS) {
    throw new RangeError(`time ${timeMs} ms does not fit 48 bits`);
  }
  if (random.length !== MESSAGE_ID_RANDOM_BYTES) {
    throw new RangeError(`the random part has ${MESSAGE_ID_RANDOM_BYTES} bytes, not ${random.length}`);
  }
  const bytes = new Uint8Array(MESSAGE_ID_BYTES);
  bytes[0] = MESSAGE_ID_VERSION;
  bytes.set(uuidToBytes(sender), 1);
  bytes.set(uuidToBytes(terminal), 17);
  let rest = timeMs;
  for (let i = 38; i > 32; i -= 1) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random, 39);
  return toBase64Url(bytes);
}

/** The parts of a message id, or null when the text is not one of this version. */
export function parseMessageId(text) {
  if (!MESSAGE_ID_TEXT.test(text)) return null;
  const bytes = fromBase64Url(text);
  if (bytes[0] !== MESSAGE_ID_VERSION) return null;
  return {
    sender: bytesToUuid(bytes.slice(1, 17)),
    terminal: bytesToUuid(bytes.slice(17, 33)),
    timeMs: bytes.slice(33, 39).reduce((value, byte) => value * 256 + byte, 0),
    random: bytes.slice(39),
  };
}

/** base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of base64url text. */
export function fromBase64Url(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
