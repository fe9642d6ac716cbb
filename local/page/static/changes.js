/** What the relay changed, as a list: where, what it was, what it became, and the rule that says so. */

import { el } from "./dom.js";
import { visible } from "./format.js";

const WORDS = { added: "added", removed: "removed", changed: "changed" };
const MOST_CHARACTERS = 160;

/** The list's element for `changes`. */
export function changesElement(changes) {
  return el("ul", { class: "changes" }, ...changes.map(item));
}

function item({ path, kind, came, left, rule }) {
  const place = el("p", { class: "place" }, el("span", { class: `kind is-${kind}` }, WORDS[kind]), " ", el("code", {}, visible(path || "the whole event")));
  const values = el("p", { class: "values" }, ...value("del", "was", came), ...value("ins", "is", left));
  return el("li", {}, place, " ", values, " ", el("p", { class: "rule" }, rule));
}

function value(name, word, text) {
  if (text === null) return [];
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text;
  return [el("span", { class: "word" }, `${word} `), el(name, {}, el("code", {}, visible(cut))), " "];
}
