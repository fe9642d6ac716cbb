/** What of the events is shown: four filters, kept in the address so that a reload or a sent link shows the same. */

import { STATES, TYPES } from "./format.js";

export const OTHER_TYPE = "other";

/** No filter at all. */
export function none() {
  return { type: "", states: [], user: "", text: "" };
}

/** The filters that an address's fragment names; what it cannot mean is left out. */
export function fromHash(hash) {
  const members = new URLSearchParams(hash.replace(/^#/, ""));
  const type = members.get("type") ?? "";
  const states = (members.get("state") ?? "").split(",");
  return {
    type: [...TYPES, OTHER_TYPE].includes(type) ? type : "",
    states: Object.keys(STATES).filter((state) => states.includes(state)),
    user: members.get("user") ?? "",
    text: members.get("text") ?? "",
  };
}

/** The fragment for `filters`, without its #; empty for none. */
export function toHash(filters) {
  const members = { type: filters.type, state: filters.states.join(","), user: filters.user, text: filters.text };
  const set = Object.entries(members).filter(([, value]) => value);
  return set.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
}

/** Whether any filter is set. */
export function isAny(filters) {
  return toHash(filters) !== "";
}

/** A function that tells whether a row of the store is to be shown. */
export function matcher({ type, states, user, text }) {
  const [wantedUser, wantedText] = [user.trim().toLowerCase(), text.trim().toLowerCase()];
  return (row) =>
    (!type || row.type === type || (type === OTHER_TYPE && !TYPES.includes(row.type))) &&
    (!states.length || states.includes(row.state)) &&
    (!wantedUser || row.user.toLowerCase().includes(wantedUser)) &&
    (!wantedText || row.haystack.includes(wantedText));
}
