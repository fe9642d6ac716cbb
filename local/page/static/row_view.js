/** One row of the list as an element. */

import { el, icon } from "./dom.js";
import { STATES, clock, duration, until, visible } from "./format.js";

/** The id of a row's element; keys may hold anything. */
export function rowId(key) {
  return `event-${encodeURIComponent(key)}`;
}

/** The element of `row`: an option of the list, read as one sentence. */
export function rowElement(row) {
  return el(
    "div",
    { class: `row is-${row.state}`, role: "option", id: rowId(row.key), "data-key": row.key },
    el("span", { class: "cell state" }, icon(row.state), el("span", {}, STATES[row.state])),
    cell("type", row.type || "unknown type"),
    cell("name", row.name || "—"),
    cell("user", row.user || "—"),
    cell("way", row.way || "—"),
    el("span", { class: "cell fate" }, fate(row)),
    el("time", { class: "cell time", datetime: row.takenAt }, clock(row.takenAt)),
  );
}

/** What became of an event, in a few words. */
export function fate(row, now = Date.now()) {
  switch (row.state) {
    case "delivered":
      return [lag(row), row.payload && `payload ${row.payload.slice(0, 8)}`].filter(Boolean).join(" · ");
    case "held":
      return [row.reason, row.nextTryAt && `next try ${until(row.nextTryAt, now)}`].filter(Boolean).join(" · ");
    case "dead":
      return row.reason;
    case "dropped":
      return `by the rule ${row.reason}`;
    case "lost":
      return "on no queue, and not delivered";
    default:
      return row.tries > 0 ? `try ${row.tries}` : "waiting";
  }
}

function lag(row) {
  return row.lagSeconds === null ? null : `in ${duration(row.lagSeconds)}`;
}

function cell(name, text) {
  // What senders wrote may run from right to left: it keeps its direction to itself. The spaces part words when read out.
  return el("span", { class: `cell ${name}` }, el("bdi", {}, visible(text)));
}
