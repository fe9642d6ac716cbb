/** The server's stream of changes, taken up again whenever it breaks. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/**
 * Listen to `address` for as long as the page is open: `onMessage` gets each message, `onState` "connecting", "live" or
 * "lost". The browser's own reconnection gives up at an answer such as 503, and waits as it likes: so it is done here.
 */
export function listen(address, { onMessage, onState }) {
  let wait = FIRST_WAIT_MS;
  const connect = () => {
    const source = new EventSource(address);
    source.onmessage = (event) => {
      wait = FIRST_WAIT_MS;
      onState("live");
      onMessage(JSON.parse(event.data));
    };
    source.onerror = () => {
      source.close();
      onState("lost");
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    };
  };
  onState("connecting");
  connect();
}
