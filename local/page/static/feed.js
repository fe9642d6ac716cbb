/** Which rows the list shows: those that match, and while the reader pauses, only those there were. */

import { matcher } from "./filters.js";

export class Feed {
  constructor(store) {
    this.store = store;
    this.matches = () => true;
    this.frozen = null;
    this.seen = 0;
  }

  /** Show what `filters` say from now on. Paused or not: the question is new, so the answer is today's. */
  filter(filters) {
    this.matches = matcher(filters);
    if (this.frozen) this.pause();
  }

  get isPaused() {
    return this.frozen !== null;
  }

  /** Keep the rows there are, in their order; what becomes of them still shows. */
  pause() {
    this.frozen = this.store.newestFirst().filter(this.matches).map((row) => row.key);
    this.markSeen();
  }

  resume() {
    this.frozen = null;
    this.markSeen();
  }

  /** The reader has seen everything until now. */
  markSeen() {
    this.seen = this.store.sequence;
  }

  /** The rows to show, newest first, how many match in all, and how many of these are newer than what was seen. */
  read() {
    const matching = this.store.newestFirst().filter(this.matches);
    const unseen = matching.reduce((sum, row) => sum + (row.sequence > this.seen), 0);
    const rows = this.frozen?.map((key) => this.store.find(key)).filter(Boolean) ?? matching;
    return { rows, matching: matching.length, unseen };
  }
}
