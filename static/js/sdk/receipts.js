// What this terminal has received and what the person has read, told to the server: only growing, several conversations
// at once, a moment later so that a burst of events makes one frame. What could not be told, and what was told shortly
// before a connection was lost, is told after reconnecting.

const PAUSE_MS = 150;
const DOUBTFUL_MS = 60_000;

export class Receipts {
  #clock;
  #post;
  #received = new Map();
  #read = new Map();
  #told = { received: new Map(), read: new Map() };
  #timer = null;

  /** `post(frame)` returns whether the frame could be sent. */
  constructor({ clock, post }) {
    this.#clock = clock;
    this.#post = post;
  }

  received(conversation, seq) {
    this.#note(this.#received, conversation, seq);
  }

  /** The server sent again what was received already: it has not heard so. */
  repeat(conversation) {
    this.#told.received.delete(conversation);
    this.#schedule();
  }

  read(conversation, seq) {
    this.#note(this.#read, conversation, seq);
  }

  /** Send what is waiting, e.g. right after the welcome or when the page is left. */
  flush() {
    this.#stopTimer();
    this.#tell("received", this.#received);
    this.#tell("read", this.#read);
  }

  /** A new connection: what the last one took in its final moments may be lost, so tell that once more. */
  restart() {
    const doubtful = this.#clock.now() - DOUBTFUL_MS;
    for (const told of Object.values(this.#told)) {
      for (const [conversation, { at }] of [...told]) if (at > doubtful) told.delete(conversation);
    }
    this.flush();
  }

  #note(positions, conversation, seq) {
    if (seq <= (positions.get(conversation) ?? 0)) return;
    positions.set(conversation, seq);
    this.#schedule();
  }

  #schedule() {
    if (this.#timer === null) this.#timer = this.#clock.setTimeout(() => this.flush(), PAUSE_MS);
  }

  #tell(op, positions) {
    const told = this.#told[op];
    for (const [conversation, seq] of positions) {
      if (seq <= (told.get(conversation)?.seq ?? 0)) continue;
      if (!this.#post({ op, conversation, seq })) return;
      told.set(conversation, { seq, at: this.#clock.now() });
    }
  }

  #stopTimer() {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}
