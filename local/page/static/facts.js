/** The facts of one event, as name and value, and what to say about its state. */

import { el } from "./dom.js";
import { clock, duration, until, visible } from "./format.js";

/** The facts of `row`; `onUser(user)` is called to see only its user's events. */
export function factsElements(row, onUser) {
  const user = row.user && el("button", { type: "button", class: "link", onclick: () => onUser(row.user) }, "only this user");
  return [
    fact("Message id", row.messageId && code(row.messageId)),
    fact("User", row.user ? code(row.user) : null, user ? " " : null, user),
    fact("Way in", visible(row.way || "seen first at Dreamdata")),
    fact("Taken", time(row.takenAt)),
    fact("Delivered", row.deliveredAt && time(row.deliveredAt), lag(row)),
    fact("Payload", row.payload && code(row.payload)),
    fact("Tries", String(row.tries)),
    fact("Next try", row.state === "held" ? nextTry(row) : null),
    fact("Reason", row.reason ? code(row.reason) : null),
  ].filter(Boolean);
}

/** The message attributes of a dead letter. */
export function attributeElements(attributes) {
  return Object.entries(attributes).map(([name, value]) => fact(visible(name), code(String(value))));
}

function fact(name, value, ...more) {
  return value ? el("div", {}, el("dt", {}, name), el("dd", {}, value, ...more)) : null;
}

function nextTry(row) {
  return row.nextTryAt ? el("span", { "data-next-try": row.nextTryAt }, until(row.nextTryAt)) : "being tried";
}

function lag(row) {
  return row.lagSeconds === null ? null : ` after ${duration(row.lagSeconds)}`;
}

function time(moment) {
  return el("time", { datetime: moment, title: moment }, clock(moment));
}

function code(text) {
  return el("code", {}, el("bdi", {}, visible(text)));
}
