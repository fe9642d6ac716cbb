/** What stands above the list: the queue's depth, the charts, and what is wrong with the stack. */

import { fillChart, lagChart } from "./charts.js";
import { byId, el, setText } from "./dom.js";
import { clock, count, counted, visible } from "./format.js";

const DEPTHS = { visible: "Waiting on the queue", inFlight: "In flight or held", dead: "Dead letters" };

export class OverviewView {
  constructor() {
    this.depths = new Map(Object.keys(DEPTHS).map((name) => [name, el("dd", {}, "0")]));
    byId("queue").append(...[...this.depths].map(([name, value]) => el("div", {}, el("dt", {}, DEPTHS[name]), value)));
    this.drawn = {};
  }

  /** Show an overview of the stream. */
  show(overview) {
    for (const [name, value] of this.depths) setText(value, count(overview.queue[name] ?? 0));
    this.draw("lag", overview.lag, lagChart);
    this.draw("fill", overview.fill, fillChart);
    this.showRefusal(overview);
    const trouble = byId("trouble");
    trouble.hidden = overview.stack === "ok";
    setText(trouble, overview.stack === "ok" ? "" : overview.stack);
  }

  /** A request that brought nothing is no row: its sender has to know. */
  showRefusal({ refusals, refusal }) {
    const line = byId("refusal");
    line.hidden = !refusal;
    if (!refusal) return;
    const said = [refusal.code, refusal.message].filter(Boolean).join(", ");
    const sender = [refusal.path, refusal.agent].filter(Boolean).join(" from ");
    setText(line, visible(`${counted(refusals, "request")} refused, the last at ${clock(refusal.at)}: ${refusal.status} ${said} (${sender})`));
  }

  draw(name, points, chart) {
    const last = points.at(-1);
    const state = `${points.length} ${last ? JSON.stringify(last) : ""}`;
    if (this.drawn[name] === state) return;
    this.drawn[name] = state;
    const { words, drawing } = chart(points);
    setText(byId(`${name}-words`), words);
    byId(`${name}-chart`).replaceChildren(drawing);
  }
}
