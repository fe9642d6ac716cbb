/** The form that sends a sample or a pasted event, and shows what the relay answered. */

import { get, post } from "./api.js";
import { byId, el } from "./dom.js";
import { counted } from "./format.js";
import { prettyText } from "./pretty.js";

/** Make the form work; its samples are asked for when it is opened first. */
export function setUpSending() {
  const [toggle, panel] = [byId("send-toggle"), byId("send")];
  let isFilled = false;
  toggle.addEventListener("click", async () => {
    panel.hidden = !panel.hidden;
    toggle.setAttribute("aria-expanded", !panel.hidden);
    if (panel.hidden || isFilled) return;
    isFilled = await attempt(fillSamples);
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target.tagName === "SELECT") return;
    toggle.click();
    toggle.focus();
  });
  byId("sample-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => send({ sample: byId("sample").value }));
  });
  byId("paste-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => send({ text: byId("paste").value, way: byId("paste-way").value }));
  });
}

async function fillSamples() {
  const samples = await get("/api/samples");
  const ways = Map.groupBy(samples, (sample) => sample.way);
  const groups = [...ways].map(([way, ones]) => el("optgroup", { label: way }, ...ones.map(option)));
  byId("sample").replaceChildren(...groups);
}

function option({ name, title }) {
  return el("option", { value: name }, title);
}

async function send(what) {
  if ("text" in what && !what.text.trim()) return answer("is-bad", "Paste an event first.");
  answer("is-busy", "Sending …");
  const { status, answer: text, sent } = await post("/api/send", what);
  const isTaken = status >= 200 && status < 300;
  const words = isTaken ? `${counted(sent, "event")} sent; the answer: ${status}` : `Not taken; the answer: ${status}`;
  answer(isTaken ? "is-good" : "is-bad", words, text);
}

/** Do it; where that fails, say why where the answer would be. */
async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    answer("is-bad", error.message);
    return false;
  }
}

function answer(kind, words, text = "") {
  const output = byId("answer");
  output.className = `answer ${kind}`;
  output.replaceChildren(el("p", {}, words), ...(text ? [el("pre", {}, prettyText(text))] : []));
}
