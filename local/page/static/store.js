/** What the page knows: every row by its key, newest first, and the overview. Told by the stream, read by the views. */

export class Store {
  constructor() {
    this.rows = new Map();
    this.earlier = new Map();
    this.overview = null;
    this.version = 0;
    this.listeners = [];
    this.sequence = 0;
    this.sorted = null;
  }

  /** Call `listener` after each change. */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Take one message of the stream. */
  take(message) {
    if (message.reset) {
      this.earlier = this.rows;
      this.rows = new Map();
      this.sorted = null;
    }
    for (const row of message.rows) this.put(row);
    this.version = message.version;
    this.overview = message.overview ?? this.overview;
    this.makeRoom(this.overview?.kept ?? Infinity);
    for (const listener of this.listeners) listener();
  }

  /** The row with this key, or what it was before the last reset. */
  find(key) {
    return this.rows.get(key) ?? this.earlier.get(key);
  }

  /** All rows, newest first; of the same millisecond, the one seen last first. */
  newestFirst() {
    this.sorted ??= [...this.rows.values()].sort(byTime);
    return this.sorted;
  }

  put(row) {
    // The order of two events of one moment must not change with their states, nor what is new with a reconnection.
    const known = this.rows.get(row.key) ?? this.earlier.get(row.key);
    const sequence = known ? known.sequence : ++this.sequence;
    const taken = { ...row, sequence, haystack: haystack(row) };
    this.rows.set(row.key, taken);
    this.sorted = null;
  }

  /** Forget as the server does: the oldest of what is delivered, dropped or lost first, and then the oldest of all. */
  makeRoom(kept) {
    const surplus = this.rows.size - kept;
    if (surplus <= 0) return;
    const oldestFirst = this.newestFirst().toReversed();
    const [closed, open] = [oldestFirst.filter(isClosed), oldestFirst.filter((row) => !isClosed(row))];
    for (const row of [...closed, ...open].slice(0, surplus)) this.rows.delete(row.key);
    this.sorted = null;
  }
}

function isClosed(row) {
  return ["delivered", "dropped", "lost"].includes(row.state);
}

function byTime(a, b) {
  if (a.takenAt !== b.takenAt) return a.takenAt < b.takenAt ? 1 : -1;
  return b.sequence - a.sequence;
}

/** What the text filter looks through, in small letters. */
function haystack(row) {
  const parts = [row.name, row.type, row.user, row.messageId, row.way, row.reason, row.payload ?? ""];
  return parts.join("\n").toLowerCase();
}
