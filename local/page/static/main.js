/** The page put together: the stream fills the store, the store's changes are painted at most once a frame. */

import { News, say } from "./announcer.js";
import { Detail } from "./detail.js";
import { byId, icon, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { FilterBar } from "./filter_bar.js";
import { count, counted } from "./format.js";
import { EventList } from "./list.js";
import { OverviewView } from "./overview.js";
import { Switches } from "./sandbox.js";
import { setUpSending } from "./send.js";
import { Store } from "./store.js";
import { listen } from "./stream.js";

const CONNECTION = { connecting: "Connecting", live: "Live", lost: "Connection lost, trying again" };

const store = new Store();
const feed = new Feed(store);
const list = new EventList(byId("events"), (key) => detail.open(key));
const overview = new OverviewView();
const switches = new Switches();
const news = new News();
let isDue = false;
const bar = new FilterBar((filters) => {
  feed.filter(filters);
  list.box.scrollTop = 0;
  paint();
  if (store.overview) say(byId("matches").textContent);
});
const detail = new Detail(store, list, (user) => bar.set({ user }));

function paint() {
  isDue = false;
  // At the top of a list that runs, everything is seen.
  if (!feed.isPaused && list.atTop()) feed.markSeen();
  const { rows, matching, unseen } = feed.read();
  list.show(rows);
  byId("newer").hidden = unseen === 0;
  byId("newer").replaceChildren(icon("newer"), `${count(unseen)} new`);
  const kept = matching === store.rows.size ? counted(matching, "event") : `${count(matching)} of ${counted(store.rows.size, "event")}`;
  const forgotten = store.overview?.forgotten ?? 0;
  setText(byId("matches"), forgotten ? `${kept}; ${count(forgotten)} more not kept` : kept);
  byId("empty").hidden = rows.length > 0;
  setText(byId("empty"), store.rows.size ? "No event matches these filters." : "No event yet. Send one, or point an SDK at the relay.");
}

function paintOverview() {
  bar.showCounts(store.overview.counts);
  overview.show(store.overview);
  switches.show(store.overview);
  news.take(store.overview.counts);
}

function showPause() {
  byId("pause").setAttribute("aria-pressed", feed.isPaused);
  byId("pause").replaceChildren(icon(feed.isPaused ? "play" : "pause"), feed.isPaused ? "Resume" : "Pause");
}

function togglePause() {
  if (feed.isPaused) feed.resume();
  else feed.pause();
  showPause();
  paint();
}

byId("pause").addEventListener("click", togglePause);
byId("newer").addEventListener("click", () => {
  feed.resume();
  list.box.scrollTop = 0;
  showPause();
  paint();
  list.box.focus();
});
list.box.addEventListener("scroll", () => {
  // Back at the top: what is new has been reached.
  if (!byId("newer").hidden && !feed.isPaused && list.atTop()) paint();
});
store.onChange(() => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    paint();
    paintOverview();
    detail.update();
  });
});
setInterval(() => {
  list.tick();
  detail.tick();
}, 1000);
byId("figures-toggle").addEventListener("click", ({ currentTarget }) => {
  const isOpen = byId("figures").classList.toggle("is-open");
  currentTarget.setAttribute("aria-expanded", isOpen);
});
showPause();
setUpSending();
listen("/api/stream", {
  onMessage: (message) => store.take(message),
  onState: (state) => {
    setText(byId("connection-word"), CONNECTION[state]);
    byId("connection").dataset.state = state;
  },
});
