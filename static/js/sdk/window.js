// The part of one conversation's log that this client holds: always consecutive, from `low` to `high`.
//
// Events that arrive past the end wait in `ahead` until the missing ones are pulled, so nobody ever sees event 7 above
// a hole where 6 belongs. Pure: what is missing is reported, fetching it is the client's business.

const MAX_AHEAD = 500;

export class EventWindow {
  #ahead = new Map();

  /** An empty window behind `high`: the next event expected is `high + 1`, history ends at `high`. */
  constructor(high = 0) {
    this.reset(high);
  }

  reset(high) {
    this.low = high + 1;
    this.high = high;
    this.events = [];
    this.#ahead.clear();
  }

  /** Whether events are known to be missing before some that arrived. */
  get hasGap() {
    return this.#ahead.size > 0;
  }

  /** Take one event. Returns what became of it: "appended", "known" or "ahead" (something before it is missing). */
  accept(event) {
    if (event.seq <= this.high) return "known";
    if (event.seq > this.high + 1) {
      if (this.#ahead.size < MAX_AHEAD) this.#ahead.set(event.seq, event);
      return "ahead";
    }
    this.#append(event);
    this.#drainAhead();
    return "appended";
  }

  /** Take an answer to "what comes after `after`". `gapTo`: nothing up to there can be had, go on behind it. */
  acceptNewer(events, gapTo = 0) {
    if (gapTo > this.high) this.#skipTo(gapTo);
    for (const event of events) this.accept(event);
    this.#drainAhead();
  }

  /** Take history: consecutive events that end right before `low`; events from `low` on are ignored. */
  acceptOlder(events) {
    const older = events.filter((event) => event.seq < this.low);
    if (older.at(-1)?.seq !== this.low - 1) return;
    this.events = [...older, ...this.events];
    this.low = older[0].seq;
  }

  /** Drop the oldest events so that at most `count` remain. */
  trim(count) {
    if (this.events.length <= count) return;
    this.events = this.events.slice(-count);
    this.low = this.events[0].seq;
  }

  /** Whether every event after `seq` is held. */
  covers(seq) {
    return this.low <= seq + 1;
  }

  #append(event) {
    this.events = [...this.events, event];
    this.high = event.seq;
  }

  // The log has a hole that will never be filled (retention): what is held before it no longer joins what follows.
  #skipTo(seq) {
    this.events = [];
    this.low = seq + 1;
    this.high = seq;
    for (const known of [...this.#ahead.keys()]) if (known <= seq) this.#ahead.delete(known);
  }

  #drainAhead() {
    for (const known of [...this.#ahead.keys()]) if (known <= this.high) this.#ahead.delete(known);
    while (this.#ahead.has(this.high + 1)) {
      const next = this.#ahead.get(this.high + 1);
      this.#ahead.delete(next.seq);
      this.#append(next);
    }
  }
}
