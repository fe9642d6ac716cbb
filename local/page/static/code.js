/** An event's text beside the other: laid out, what differs marked by a sign and a colour, what is too long folded. */

import { el } from "./dom.js";
import { count, visible } from "./format.js";
import { layOut } from "./pretty.js";

const MOST_LINES = 1_000;
const MOST_CHARACTERS = 400;

const MARKS = {
  added: { name: "ins", sign: "+" },
  removed: { name: "del", sign: "−" },
  changed: { name: "mark", sign: "≠" },
};

/** The element for `text`, in which the lines at the paths of `changes` (path to change) are marked. */
export function codeElement(text, changes) {
  const lines = layOut(text);
  const code = el("code", {});
  if (lines) fill(code, lines.map((line) => () => lineElement(line, changes)));
  else code.append(...folded(text));
  return el("pre", { class: "code" }, code);
}

function fill(code, lines) {
  code.append(...lines.slice(0, MOST_LINES).map((make) => make()));
  const rest = lines.slice(MOST_LINES);
  if (!rest.length) return;
  const more = el("button", { type: "button", class: "more" }, `Show ${count(rest.length)} more lines`);
  more.addEventListener("click", () => more.replaceWith(...rest.map((make) => make())));
  code.append(more);
}

function lineElement({ depth, parts, place }, changes) {
  const change = changeAt(place, changes);
  const mark = change ? MARKS[change.kind] : { name: "span", sign: " " };
  const sign = el("span", { class: "sign" }, mark.sign);
  const content = parts.flatMap(({ kind, text }) => (kind === "sign" ? [text] : [el("span", { class: kind }, ...folded(text))]));
  const line = el("span", { class: "content" }, ...content, "\n");
  line.style.setProperty("--depth", depth);
  return el(mark.name, { class: "line", title: change?.rule }, sign, line);
}

/** The change of this place or of one that it stands in. */
function changeAt(place, changes) {
  for (let at = place; at; at = at.above) {
    const change = changes.get(at.path);
    if (change) return change;
  }
  return null;
}

/** `text`, of which more than the first few hundred characters show only when asked for. */
function folded(text) {
  if (text.length <= MOST_CHARACTERS * 1.2) return [visible(text)];
  const more = el("button", { type: "button", class: "more" }, `… show all ${count(text.length)} characters`);
  const start = document.createTextNode(visible(text.slice(0, MOST_CHARACTERS)));
  more.addEventListener("click", () => {
    start.data = visible(text);
    more.remove();
  });
  return [start, more];
}
