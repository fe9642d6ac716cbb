/** How values read: states, times, sizes, and texts that hold characters nobody can see. */

/** The states in the order of an event's way, each with the word and the icon's name that stand for it. */
export const STATES = {
  queued: "Queued",
  held: "Held",
  delivered: "Delivered",
  dead: "Dead letter",
  dropped: "Dropped",
  lost: "Lost",
};

export const TYPES = ["identify", "track", "page", "screen", "group", "alias"];

const NUMBER = new Intl.NumberFormat("en");
// Not seen, or turning round what stands beside them: controls, zero-width characters, marks of direction.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
// A joiner belongs to a script or an emoji when it stands inside one, and hides something in Latin text.
const STRAY_JOINER = /(?<=^|[\p{Script=Latin}\p{Nd}\p{P}\p{Z}])[\u200c\u200d]|[\u200c\u200d](?=$|[\p{Script=Latin}\p{Nd}\p{P}\p{Z}])/gu;

/** `text` with unseen characters written as escapes. */
export function visible(text) {
  return text.replace(UNSEEN, escaped).replace(STRAY_JOINER, escaped);
}

/** A whole number with separators. */
export function count(number) {
  return NUMBER.format(number);
}

/** `number` of `one` or of its plural. */
export function counted(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Seconds as a person says them: 0.42 s, 7.5 s, 12 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds) {
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  return wholeSeconds(Math.round(seconds));
}

/** The same of a whole number of seconds. */
export function wholeSeconds(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Bytes as kB of 1,000, as Dreamdata's limit is. */
export function size(bytes) {
  return bytes < 1000 ? `${bytes} B` : `${NUMBER.format(Math.round(bytes / 100) / 10)} kB`;
}

/** The time of day of an ISO moment, to the second, as this browser's zone has it. */
export function clock(moment) {
  const date = new Date(moment);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** How long until a moment, such as the next try of a held event. */
export function until(moment, now = Date.now()) {
  const seconds = Math.ceil((Date.parse(moment) - now) / 1000);
  return seconds > 0 ? `in ${wholeSeconds(seconds)}` : "due";
}

function escaped(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
