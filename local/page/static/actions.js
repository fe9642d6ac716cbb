/** What can be done with one event: copied, sent again, moved back to the queue, or refused by the sandbox from now on. */

import { post } from "./api.js";
import { setText } from "./dom.js";
import { counted } from "./format.js";

const KEY_HINT = "It takes the key from RELAY_KEY: .venv/bin/python -m local show ingest_key";

export class Actions {
  /** `byName(name)` gives the dialog's parts. */
  constructor(store, byName) {
    this.store = store;
    this.byName = byName;
    const actions = {
      "copy-json": () => this.copy(this.detail.came, "The event is copied as it came."),
      "copy-curl": () => this.copy(this.detail.curl, `The command is copied. ${KEY_HINT}`),
      resend: () => this.resend(),
      redrive: () => this.redrive(),
      refuse: () => this.refuse(),
    };
    for (const [name, action] of Object.entries(actions)) byName(name).addEventListener("click", () => this.attempt(action));
  }

  /** Another event is open. */
  begin() {
    this.detail = null;
    this.told = false;
    setText(this.byName("done"), "");
  }

  /** Offer what can be done with `row`. */
  show(row) {
    this.row = row;
    const isRefused = this.isRefused();
    this.byName("redrive").hidden = row.state !== "dead";
    this.byName("refuse").hidden = !row.messageId;
    this.byName("refuse").setAttribute("aria-pressed", isRefused);
    setText(this.byName("refuse"), isRefused ? "Dreamdata refuses this event" : "Let Dreamdata refuse this event");
    if (!this.told) setText(this.byName("done"), row.messageId ? this.refusalWords(isRefused) : "");
  }

  /** Its detail has come: null while there is none to be had. */
  take(detail) {
    this.detail = detail;
    for (const name of ["copy-json", "copy-curl", "resend"]) this.byName(name).setAttribute("aria-disabled", !detail?.came);
  }

  refusalWords(isRefused) {
    if (isRefused) return "Press again to let it be taken.";
    return `If refused, the sandbox answers 400 ${this.row.state === "delivered" ? "if it comes again" : "when it comes"}.`;
  }

  async attempt(action) {
    try {
      await action();
    } catch (error) {
      this.say(error.message);
    }
  }

  async copy(text, words) {
    if (!this.detail) return;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      throw new Error("This browser does not let the page copy.");
    }
    this.say(words);
  }

  async resend() {
    if (!this.detail) return;
    const { status, sent } = await post(this.path("resend"), {});
    this.say(status < 300 ? `Sent again, ${counted(sent, "event")}; the answer: ${status}` : `Not taken; the answer: ${status}`);
  }

  async redrive() {
    const { events } = await post(this.path("redrive"), {});
    this.say(events === 1 ? "Moved back to the queue." : `Moved back to the queue, with all ${events} events of its dead letter.`);
  }

  async refuse() {
    const answer = await post("/api/sandbox", { [this.isRefused() ? "accept" : "refuse"]: this.row.messageId });
    this.store.overview = { ...this.store.overview, ...answer };
    this.told = false;
    this.show(this.row);
  }

  path(action) {
    return `/api/events/${encodeURIComponent(this.row.key)}/${action}`;
  }

  isRefused() {
    return Boolean(this.store.overview?.refused.includes(this.row.messageId));
  }

  say(words) {
    this.told = true;
    setText(this.byName("done"), words);
  }
}
