/** One event in detail: a dialog with its facts, how it came and left, what was changed, and what to do. */

import { Actions } from "./actions.js";
import { get } from "./api.js";
import { changesElement } from "./changes.js";
import { codeElement } from "./code.js";
import { byId, el, icon, setText } from "./dom.js";
import { attributeElements, factsElements } from "./facts.js";
import { STATES, until, visible } from "./format.js";

const NOTHING = "Nothing: it left as it came.";
const NOT_LEFT = {
  queued: "It waits on the queue.",
  held: "It has not arrived yet.",
  dead: "It was not delivered.",
  delivered: "What left is not known any more.",
  dropped: "It was dropped.",
  lost: "It was not seen to leave.",
};

export class Detail {
  /** `list` gives the neighbours and gets the focus back; `onUser(user)` shows only that user's events. */
  constructor(store, list, onUser) {
    this.store = store;
    this.list = list;
    this.onUser = onUser;
    this.dialog = byId("detail");
    this.key = null;
    this.shown = null;
    this.byName = (name) => this.dialog.querySelector(`[data-part=${name}]`);
    this.actions = new Actions(store, this.byName);
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    for (const [name, action] of Object.entries({
      close: () => this.dialog.close(),
      newer: () => this.step(-1),
      older: () => this.step(1),
    })) {
      this.byName(name).addEventListener("click", action);
    }
  }

  /** Open the event `key`, or show it where another is open. */
  open(key) {
    this.key = key;
    this.shown = null;
    this.actions.begin();
    this.list.activate(key);
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    this.update();
  }

  /** Show what has changed since, if it has. */
  update() {
    const row = this.dialog.open && this.store.find(this.key);
    if (!row) return;
    this.showNeighbours();
    this.actions.show(row);
    if (this.shown?.version === row.version) return;
    this.shown = row;
    this.showRow(row);
    this.load(row);
  }

  /** Let times run. */
  tick() {
    const element = this.dialog.querySelector("[data-next-try]");
    if (element) setText(element, until(element.dataset.nextTry));
  }

  async load(row) {
    let detail;
    try {
      detail = await get(`/api/events/${encodeURIComponent(row.key)}`);
    } catch (error) {
      detail = { error: error.message };
    }
    // Meanwhile another event may be open, or this one have a newer state.
    if (this.shown === row) this.showDetail(row, detail);
  }

  showRow(row) {
    this.dialog.dataset.state = row.state;
    this.byName("state").replaceChildren(icon(row.state), el("span", {}, STATES[row.state]));
    this.byName("state").className = `badge is-${row.state}`;
    const title = [row.name || row.type || "An event without a type", row.name ? row.type : ""].filter(Boolean);
    byId("detail-title").replaceChildren(el("bdi", {}, visible(title[0])), ...title.slice(1).map((type) => el("small", {}, ` ${visible(type)}`)));
    const onUser = (user) => {
      this.dialog.close();
      this.onUser(user);
    };
    this.byName("facts").replaceChildren(...factsElements(row, onUser));
  }

  showDetail(row, detail) {
    const { came = "", cameFrom = "", left = null, changes = [], fix, reasonText, attributes = {}, error } = detail;
    this.actions.take(error ? null : detail);
    const [advice, error_] = [this.byName("advice"), this.byName("error")];
    advice.hidden = !fix && !reasonText;
    advice.replaceChildren(
      ...[reasonText && el("p", {}, visible(reasonText)), fix && el("h3", {}, "What to fix"), fix && el("p", {}, visible(fix))].filter(Boolean),
    );
    error_.hidden = !error;
    setText(error_, error ?? "");
    this.byName("sides").hidden = Boolean(error);
    const at = (...kinds) => new Map(changes.filter(({ kind }) => kinds.includes(kind)).map((one) => [one.path, one]));
    setText(this.byName("came-from"), cameFrom);
    this.byName("came").replaceChildren(codeElement(came, at("removed", "changed")));
    this.byName("left").replaceChildren(
      left === null ? el("p", { class: "nothing" }, NOT_LEFT[row.state]) : codeElement(left, at("added", "changed")),
    );
    setText(this.byName("left-words"), left === null ? "" : "as Dreamdata's stand-in received it");
    this.showChanges(left, changes);
    this.byName("attributes-section").hidden = !Object.keys(attributes).length;
    this.byName("attributes").replaceChildren(...attributeElements(attributes));
  }

  showChanges(left, changes) {
    this.byName("changes-section").hidden = left === null && !changes.length;
    setText(this.byName("changes-words"), changes.length ? `What the relay changed (${changes.length})` : "What the relay changed");
    const none = el("p", { class: "nothing" }, NOTHING);
    this.byName("changes").replaceChildren(changes.length ? changesElement(changes) : none);
  }

  showNeighbours() {
    for (const [name, step] of [["newer", -1], ["older", 1]]) {
      // Not disabled: a button that has the focus must keep it.
      this.byName(name).setAttribute("aria-disabled", this.list.neighbour(this.key, step) === null);
    }
  }

  step(step) {
    const row = this.list.neighbour(this.key, step);
    if (row) this.open(row.key);
  }

  closed() {
    this.key = null;
    this.shown = null;
    this.list.box.focus();
  }
}
