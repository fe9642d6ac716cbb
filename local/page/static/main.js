/** The page put together: the stream fills the store, the store's changes are painted at most once a frame. */

import { byId, setText } from "./dom.js";
import { EventList } from "./list.js";
import { Store } from "./store.js";
import { listen } from "./stream.js";

const store = new Store();
const list = new EventList(byId("events"), () => {});
let isDue = false;

function paint() {
  isDue = false;
  list.show(store.newestFirst());
}

store.onChange(() => {
  if (!isDue) requestAnimationFrame(paint);
  isDue = true;
});
setInterval(() => list.tick(), 1000);
const WORDS = { connecting: "Connecting", live: "Live", lost: "Connection lost, trying again" };
listen("/api/stream", {
  onMessage: (message) => store.take(message),
  onState: (state) => {
    setText(byId("connection-word"), WORDS[state]);
    byId("connection").dataset.state = state;
  },
});
