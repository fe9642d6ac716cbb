/** The switches: how the sandbox that stands for Dreamdata behaves. */

import { post } from "./api.js";
import { say } from "./announcer.js";
import { byId, el, setText } from "./dom.js";
import { counted } from "./format.js";

const MODES = {
  healthy: ["Healthy", "It takes every valid event."],
  outage: ["Outage", "It answers 503: events are held, and tried again until it is back."],
  slow: ["Slow", "It takes its time to answer: events arrive later."],
  wrong_key: ["Wrong key", "It knows another key: events are held until the key is right."],
};

export class Switches {
  constructor() {
    this.mode = null;
    this.buttons = new Map(Object.entries(MODES).map(([mode, [word]]) => [mode, this.button(mode, word)]));
    byId("modes").append(...this.buttons.values());
  }

  /** Show the mode and the refusals of an overview. */
  show({ mode, refused }) {
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", name === mode);
    const until = mode === "healthy" ? "; press Healthy again to have all taken" : "";
    const also = refused.length ? ` It refuses ${counted(refused.length, "event")}${until}.` : "";
    setText(byId("mode-words"), (MODES[mode]?.[1] ?? mode) + also);
  }

  button(mode, word) {
    return el("button", { type: "button", class: `segment mode-${mode}`, onclick: () => this.choose(mode) }, word);
  }

  async choose(mode) {
    try {
      this.show(await post("/api/sandbox", { mode }));
      say(`Dreamdata plays: ${MODES[mode][0]}. ${MODES[mode][1]}`);
    } catch (error) {
      setText(byId("mode-words"), error.message);
      say(error.message);
    }
  }
}
