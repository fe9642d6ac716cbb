/** The list of events: only the rows in sight are elements, however many there are. */

import { el } from "./dom.js";
import { fate, rowElement, rowId } from "./row_view.js";

const BEYOND = 6;

export class EventList {
  /** `box` is the scrolling listbox; `onOpen(key)` is called for a click or Enter on a row. */
  constructor(box, onOpen) {
    this.box = box;
    this.onOpen = onOpen;
    this.rows = [];
    this.shown = new Map();
    this.activeKey = null;
    this.rowHeight = 1;
    this.space = el("div", { class: "space", role: "presentation" });
    this.probe = el("div", { class: "row-probe", "aria-hidden": "true" });
    box.append(this.space);
    box.parentElement.append(this.probe);
    box.addEventListener("scroll", () => this.paint(), { passive: true });
    box.addEventListener("click", (event) => this.clicked(event));
    box.addEventListener("keydown", (event) => this.pressed(event));
    new ResizeObserver(() => this.measure()).observe(this.probe);
    new ResizeObserver(() => {
      this.fitHeads();
      this.paint();
    }).observe(box);
    this.measure();
  }

  /** Show `rows`. Who has scrolled down keeps the same row in sight; who is at the top sees the newest. */
  show(rows) {
    const top = this.box.scrollTop;
    const anchor = top > 0 ? this.rows[Math.floor(top / this.rowHeight)] : null;
    this.rows = rows;
    this.space.style.height = `${rows.length * this.rowHeight}px`;
    this.fitHeads();
    const index = anchor ? rows.findIndex((row) => row.key === anchor.key) : -1;
    if (index >= 0) this.box.scrollTop = index * this.rowHeight + (top % this.rowHeight);
    this.paint();
  }

  /** Whether the newest row is in sight. */
  atTop() {
    return this.box.scrollTop < this.rowHeight / 2;
  }

  /** The row before (-1) or after (+1) another one, as shown. */
  neighbour(key, step) {
    const index = this.rows.findIndex((row) => row.key === key);
    return index < 0 ? null : (this.rows[index + step] ?? null);
  }

  /** Make a row the active one and bring it into sight. */
  activate(key) {
    const index = this.rows.findIndex((row) => row.key === key);
    if (index < 0) return;
    this.activeKey = key;
    const top = index * this.rowHeight;
    const bottom = top + this.rowHeight;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (bottom > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = bottom - this.box.clientHeight;
    this.paint();
  }

  /** Let times run: what is counted down in the rows in sight. */
  tick() {
    for (const { element, row } of this.shown.values()) {
      if (row.state === "held") element.querySelector(".fate").textContent = fate(row);
    }
  }

  /** Make elements for the rows in sight, and only for them. */
  paint() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.rowHeight) - BEYOND);
    const last = Math.ceil((this.box.scrollTop + this.box.clientHeight) / this.rowHeight) + BEYOND;
    const wanted = new Map();
    this.rows.slice(first, last).forEach((row, offset) => wanted.set(row.key, { row, index: first + offset }));
    for (const [key, { element }] of this.shown) {
      if (!wanted.has(key)) {
        element.remove();
        this.shown.delete(key);
      }
    }
    let before = null;
    for (const { row, index } of wanted.values()) before = this.place(row, index, before);
    const isActiveShown = this.activeKey !== null && this.shown.has(this.activeKey);
    if (isActiveShown) this.box.setAttribute("aria-activedescendant", rowId(this.activeKey));
    else this.box.removeAttribute("aria-activedescendant");
  }

  place(row, index, before) {
    let shown = this.shown.get(row.key);
    if (shown?.row !== row) {
      const element = rowElement(row);
      shown?.element.replaceWith(element);
      shown = { element, row };
      this.shown.set(row.key, shown);
    }
    const { element } = shown;
    element.style.transform = `translateY(${index * this.rowHeight}px)`;
    element.setAttribute("aria-posinset", index + 1);
    element.setAttribute("aria-setsize", this.rows.length);
    element.setAttribute("aria-selected", row.key === this.activeKey);
    // In the order of the list, for who reads the page by its elements.
    const next = before ? before.nextSibling : this.space.firstChild;
    if (element !== next) this.space.insertBefore(element, next);
    return element;
  }

  measure() {
    const height = this.probe.offsetHeight || 1;
    if (height === this.rowHeight) return;
    const first = this.box.scrollTop / this.rowHeight;
    this.rowHeight = height;
    this.space.style.height = `${this.rows.length * height}px`;
    this.box.scrollTop = first * height;
    this.paint();
  }

  /** The heads stand beside no scrollbar: they leave as much room for it as it takes. */
  fitHeads() {
    this.box.parentElement.style.setProperty("--scrollbar", `${this.box.offsetWidth - this.box.clientWidth}px`);
  }

  clicked(event) {
    const element = event.target.closest("[role=option]");
    if (!element) return;
    this.activate(element.dataset.key);
    this.onOpen(element.dataset.key);
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const index = this.rows.findIndex((row) => row.key === this.activeKey);
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.rowHeight) - 1);
    const steps = { ArrowDown: index + 1, ArrowUp: index - 1, PageDown: index + page, PageUp: index - page };
    const targets = { ...steps, Home: 0, End: this.rows.length - 1 };
    if (event.key in targets && this.rows.length) {
      this.activate(this.rows[Math.min(Math.max(targets[event.key], 0), this.rows.length - 1)].key);
    } else if ((event.key === "Enter" || event.key === " ") && index >= 0) {
      this.onOpen(this.activeKey);
    } else return;
    event.preventDefault();
  }
}
