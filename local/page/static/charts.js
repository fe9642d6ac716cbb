/** Two small drawings: how long delivery took, and how full the payloads were. Each has a sentence that says the same. */

import { counted, duration, size } from "./format.js";
import { svg } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 56;
const PLACES = 60;
export const MAX_PAYLOAD_BYTES = 500_000;

/** The lag of the last seconds with deliveries: the median as a line, the 95th percentile as an area behind it. */
export function lagChart(points) {
  const last = points.at(-1);
  if (!last) return { words: "nothing delivered yet", drawing: drawing("Nothing delivered yet") };
  const top = Math.max(...points.map((point) => point.p95), 0.1);
  const words = `median ${duration(last.p50)}, 95 % within ${duration(last.p95)}`;
  const shown = points.slice(-PLACES);
  const step = WIDTH / PLACES;
  const x = (index) => WIDTH - (shown.length - index) * step;
  // A second is as wide as a request is in the other chart, so that the first one is seen.
  const line = (member) => shown.map((point, index) => `${x(index)},${y(point[member], top)} ${x(index + 1)},${y(point[member], top)}`).join(" ");
  const area = `${x(0)},${HEIGHT} ${line("p95")} ${WIDTH},${HEIGHT}`;
  const highest = `Delivery lag: ${words}; highest of the last ${counted(shown.length, "second")} with deliveries ${duration(top)}`;
  return {
    words,
    drawing: drawing(highest, svg("polygon", { class: "p95", points: area }), svg("polyline", { class: "p50", points: line("p50") })),
  };
}

/** The last requests to Dreamdata: a bar each, as high as the payload is full; one that was not taken has a cap on it. */
export function fillChart(requests) {
  const shown = requests.slice(-PLACES);
  const last = shown.at(-1);
  if (!last) return { words: "nothing sent yet", drawing: drawing("Nothing sent yet") };
  const share = Math.round((100 * last.bytes) / MAX_PAYLOAD_BYTES);
  const failed = shown.filter((request) => !isTaken(request)).length;
  const words = `last ${share} %: ${size(last.bytes)}, ${counted(last.events, "event")}`;
  const step = WIDTH / PLACES;
  const bars = shown.flatMap((request, index) => {
    const x = WIDTH - (shown.length - index) * step;
    const from = Math.min(y(request.bytes, MAX_PAYLOAD_BYTES), HEIGHT - 2);
    const kind = isTaken(request) ? "taken" : "not-taken";
    const bar = svg("rect", { class: `bar ${kind}`, x: x + 0.5, y: from, width: step - 1, height: HEIGHT - from });
    return isTaken(request) ? [bar] : [bar, svg("path", { class: "cap", d: `M${x + 0.5} ${from - 5}l3 3m0-3l-3 3` })];
  });
  return { words, drawing: drawing(`Payload fill: ${words}; ${failed} of the last ${counted(shown.length, "request")} not taken`, ...bars) };
}

function isTaken(request) {
  return request.status !== null && request.status >= 200 && request.status < 300;
}

function y(value, top) {
  return Number((HEIGHT - 3 - (HEIGHT - 12) * Math.min(value / top, 1)).toFixed(1));
}

function drawing(label, ...shapes) {
  const ground = svg("path", { class: "ground", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` });
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "drawing" };
  return svg("svg", { ...box, role: "img", "aria-label": label }, ground, ...shapes);
}
