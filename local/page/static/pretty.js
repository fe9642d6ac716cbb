/**
 * JSON text laid out in lines, token by token: numbers keep their digits, strings their escapes and members their order,
 * and what came twice stands twice. (Parsed and written anew, none of that would be sure.)
 */

const TOKEN = /\s*(?:([{}[\],:])|("[^"\\]*(?:\\[^][^"\\]*)*")|([^\s{}[\],:"]+))|\s+$/y;
const LITERAL = /^(?:true|false|null|NaN|-?Infinity|-?\d[\d.eE+-]*)$/;
const PLAIN = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u;

/**
 * The lines of `text`, null where it is no object or list of JSON. A line has its `depth`, its `parts` (each with a `kind`
 * and its `text`) and its `place`: a `path` such as context.page["a b"][0], and the place `above` it.
 */
export function layOut(text) {
  const layout = new Layout();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match || !layout.take(...match.slice(1))) return null;
  }
  return layout.lines.length && layout.open.length === 0 ? layout.lines : null;
}

/** `text` in lines, as one text; itself where it is no JSON. */
export function prettyText(text) {
  const lines = layOut(text);
  if (!lines) return text;
  return lines.map((line) => "  ".repeat(line.depth) + line.parts.map((part) => part.text).join("")).join("\n");
}

class Layout {
  constructor() {
    this.lines = [];
    // The objects and lists around the next token, outermost first.
    this.open = [];
    // What the next token may be: a "value", a "key", a "colon", or what comes "after" a value.
    this.next = "value";
    this.place = { path: "", above: null };
  }

  /** Take a token; false where it cannot stand here. */
  take(sign, string, literal) {
    if (sign === undefined && string === undefined && literal === undefined) return true;
    if (sign === "{" || sign === "[") return this.begin(sign);
    if (sign === "}" || sign === "]") return this.end(sign);
    if (sign === ",") return this.comma();
    if (sign === ":") return this.colon();
    return string === undefined ? this.literal(literal) : this.string(string);
  }

  begin(sign) {
    if (this.next !== "value") return false;
    this.put("sign", sign);
    this.open.push({ sign, place: this.place, size: 0 });
    this.enter();
    return true;
  }

  end(sign) {
    const inner = this.open.at(-1);
    if (inner?.sign !== (sign === "}" ? "{" : "[")) return false;
    const isEmpty = inner.size === 0 && this.next === (sign === "}" ? "key" : "value");
    if (!isEmpty && this.next !== "after") return false;
    this.open.pop();
    this.place = inner.place;
    if (!isEmpty) this.newLine();
    this.put("sign", sign);
    this.next = "after";
    return true;
  }

  comma() {
    if (this.next !== "after" || !this.open.length) return false;
    this.put("sign", ",");
    this.open.at(-1).size += 1;
    this.enter();
    return true;
  }

  colon() {
    if (this.next !== "colon") return false;
    this.put("sign", ": ");
    this.next = "value";
    return true;
  }

  string(text) {
    if (this.next === "key") return this.key(text);
    if (this.next !== "value" || !this.open.length) return false;
    return this.value("string", text);
  }

  key(text) {
    let name;
    try {
      name = JSON.parse(text);
    } catch {
      return false;
    }
    const { place } = this.open.at(-1);
    const step = PLAIN.test(name) ? (place.path ? `.${name}` : name) : `[${JSON.stringify(name)}]`;
    this.place = { path: place.path + step, above: place };
    this.newLine();
    this.put("key", text);
    this.next = "colon";
    return true;
  }

  literal(text) {
    if (this.next !== "value" || !this.open.length || !LITERAL.test(text)) return false;
    return this.value("literal", text);
  }

  value(kind, text) {
    this.put(kind, text);
    this.next = "after";
    return true;
  }

  /** What comes next inside an object or list. */
  enter() {
    const { sign, place, size } = this.open.at(-1);
    this.next = sign === "{" ? "key" : "value";
    if (sign === "[") this.place = { path: `${place.path}[${size}]`, above: place };
  }

  put(kind, text) {
    // The first value of a list's place begins a line; a list that closes at once does not.
    const isInList = this.open.at(-1)?.sign === "[" && this.next === "value" && text !== "]";
    if (!this.lines.length || isInList) this.newLine();
    this.lines.at(-1).parts.push({ kind, text });
  }

  newLine() {
    this.lines.push({ depth: this.open.length, place: this.place, parts: [] });
  }
}
