/** Requests to the page's own server. Each gives what it answered, or throws an Error that says in a line what is wrong. */

/** GET `path`. */
export function get(path) {
  return ask(path, {});
}

/** POST `body`; the header shows the server that this page asks, and no other. */
export function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-Relay-Page": "1" };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The page's server does not answer. Is the stack up? (make up)");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The page's server answered ${response.status}.`);
  return answer;
}
