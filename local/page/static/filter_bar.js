/** The filters' fields and the states' tiles: they show the address's filters and change them. */

import { byId, el, icon, setText } from "./dom.js";
import { fromHash, isAny, none, OTHER_TYPE, toHash } from "./filters.js";
import { count, STATES, TYPES } from "./format.js";

// That an event is lost is no state to wait for, and few stacks have rules: these tiles are there when one is.
const RARE = ["dropped", "lost"];

export class FilterBar {
  /** `onChange(filters)` is called at once and after every change. */
  constructor(onChange) {
    this.onChange = onChange;
    this.type = byId("filter-type");
    this.user = byId("filter-user");
    this.text = byId("filter-text");
    this.clear = byId("filter-clear");
    this.tiles = new Map(Object.keys(STATES).map((state) => [state, this.tile(state)]));
    for (const state of RARE) this.tiles.get(state).hidden = true;
    byId("tiles").append(...this.tiles.values());
    this.type.append(el("option", { value: "" }, "any type"), ...[...TYPES, OTHER_TYPE].map((type) => el("option", {}, type)));
    this.type.addEventListener("change", () => this.set({ type: this.type.value }));
    this.user.addEventListener("input", () => this.set({ user: this.user.value }));
    this.text.addEventListener("input", () => this.set({ text: this.text.value }));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    this.clear.addEventListener("click", () => {
      this.set(none());
      // The button is gone now: the focus must not be.
      this.text.focus();
    });
    window.addEventListener("hashchange", () => this.read());
    this.read();
  }

  /** Change some of the filters. */
  set(changes) {
    this.filters = { ...this.filters, ...changes };
    const hash = toHash(this.filters);
    // Typing must not fill the history.
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
    this.show();
  }

  /** How many events there are in each state. */
  showCounts(counts) {
    for (const [state, tile] of this.tiles) setText(tile.querySelector(".number"), count(counts[state] ?? 0));
    for (const state of RARE) this.tiles.get(state).hidden = !counts[state] && !this.filters.states.includes(state);
  }

  read() {
    this.filters = fromHash(location.hash);
    this.show();
  }

  show() {
    const { type, states, user, text } = this.filters;
    for (const [field, value] of [[this.type, type], [this.user, user], [this.text, text]]) {
      if (field.value !== value) field.value = value;
    }
    for (const [state, tile] of this.tiles) tile.setAttribute("aria-pressed", states.includes(state));
    this.clear.hidden = !isAny(this.filters);
    this.onChange(this.filters);
  }

  tile(state) {
    const words = [el("span", { class: "number" }, "0"), el("span", { class: "word" }, icon(state), STATES[state])];
    return el("button", { type: "button", class: `tile is-${state}`, onclick: () => this.toggle(state) }, ...words);
  }

  toggle(state) {
    const { states } = this.filters;
    this.set({ states: states.includes(state) ? states.filter((one) => one !== state) : [...states, state] });
  }
}
