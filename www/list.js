// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// A list of any length, of which only the rows near the window are there.
//
//	const list = new Windowed({
//		count: () => 100000,
//		item: (i) => item or null while it is not here,
//		key: (item) => text that is its own,
//		draw: (item) => [nodes],
//		need: (first, last) => {},      // these are about to be seen
//		label: "Documents",
//	});
//	main.append(list.node);
//	list.render();                          // whenever something changed
//
// All rows are equally tall, as the style says.  The list scrolls with the page,
// or in `scroller`.  With the keyboard it is one stop: arrows, Page Up, Page Down,
// Home and End go from row to row, Tab goes on within the row and out of it.
// A row that has the focus stays, and keeps it when it is drawn anew.

import { h, replace } from "./dom.js";

const ahead = 8; // rows above and below that are there before they are seen
const reachable = "a[href], button, input";

export class Windowed {
	constructor({ count, item, key, draw, need = () => {}, label,
	    scroller = null, cls = "" }) {
		Object.assign(this, { count, item, key, draw, need, scroller });
		this.node = h("ul", { class: `windowed ${cls}`, role: "list",
			"aria-label": label });
		this.rows = new Map();  // key: {node, index, item}
		this.current = 0;       // the row that Tab reaches
		this.tall = 0;
		this.waiting = 0;
		this.node.addEventListener("keydown", (e) => this.press(e));
		this.node.addEventListener("focusin", (e) => this.entered(e));
	}

	// Until `signal` is aborted.
	follow(signal) {
		const soon = () => {
			this.waiting ||= requestAnimationFrame(() => {
				this.waiting = 0;
				this.render();
			});
		};

		(this.scroller ?? window).addEventListener("scroll", soon,
		    { signal, passive: true });
		addEventListener("resize", () => {
			this.tall = 0;
			soon();
		}, { signal });
		signal?.addEventListener("abort",
		    () => cancelAnimationFrame(this.waiting));
	}

	// How tall a row is, which the style alone knows.
	height() {
		if (!this.tall) {
			const probe = h("li", { "aria-hidden": "true" });

			this.node.append(probe);
			this.tall = probe.getBoundingClientRect().height || 1;
			probe.remove();
		}
		return this.tall;
	}

	// The part that is seen, in pixels below the first row's top.
	seen() {
		if (this.scroller)
			return [this.scroller.scrollTop,
				this.scroller.clientHeight];
		const top = -this.node.getBoundingClientRect().top;

		return [top, innerHeight];
	}

	firstSeen() {
		return Math.max(0, Math.floor(this.seen()[0] / this.height()));
	}

	render() {
		const n = this.count(), tall = this.height();
		const [top, room] = this.seen();
		const first = Math.max(0, Math.floor(top / tall) - ahead);
		const last = Math.min(n, Math.ceil((top + room) / tall) + ahead);

		this.node.style.height = `${n * tall}px`;
		this.current = Math.max(0, Math.min(this.current, n - 1));
		if (n > 0 && last > first)
			this.need(first, last - 1);
		this.place(this.wanted(first, last));
	}

	// Which rows are to be there: [index, key, item].
	wanted(first, last) {
		const list = [];

		for (let i = first; i < last; i++) {
			const item = this.item(i);

			list.push([i, item ? this.key(item) : `#${i}`, item]);
		}
		const keys = new Set(list.map(([, key]) => key));

		for (const [key, row] of this.rows) {
			if (keys.has(key) ||
			    !row.node.contains(document.activeElement))
				continue;
			if (row.index < first)
				list.unshift([row.index, key, row.item]);
			else if (row.index >= last && row.index < this.count())
				list.push([row.index, key, row.item]);
			else
				this.lost = row.index;
		}
		return list;
	}

	place(list) {
		const keys = new Set(list.map(([, key]) => key));
		let next;

		for (const [key, row] of this.rows) {
			if (!keys.has(key)) {
				row.node.remove();
				this.rows.delete(key);
			}
		}
		next = this.node.firstChild;
		for (const [index, key, item] of list) {
			const { node } = this.row(index, key, item);

			if (node === next)
				next = next.nextSibling;
			else
				this.node.insertBefore(node, next);
		}
		this.find();
	}

	// The row that had the focus is gone: the next one has it.
	find() {
		const index = Math.min(this.lost ?? -1, this.count() - 1);

		this.lost = undefined;
		if (index < 0)
			return;
		for (const row of this.rows.values()) {
			if (row.index === index)
				this.enter(row.node);
		}
	}

	row(index, key, item) {
		let row = this.rows.get(key);

		if (!row) {
			row = { node: h("li", {}), index: -1, of: -1,
				item: undefined };
			this.rows.set(key, row);
		}
		if (row.item !== item)
			this.fill(row, item);
		if (row.index !== index) {
			row.index = index;
			row.node.dataset.index = index;
			row.node.setAttribute("aria-posinset", index + 1);
			row.node.style.transform =
			    `translateY(${index * this.height()}px)`;
		}
		if (row.of !== this.count()) {
			row.of = this.count();
			row.node.setAttribute("aria-setsize", row.of);
		}
		this.reach(row);
		return row;
	}

	// Draws a row; what had the focus in it has it again.
	fill(row, item) {
		const all = () => [...row.node.querySelectorAll(reachable)];
		const held = all().indexOf(document.activeElement);

		row.item = item;
		row.node.classList.toggle("unknown", !item);
		replace(row.node, item ? this.draw(item) : []);
		if (held >= 0)
			(all()[held] ?? all()[0])?.focus({ preventScroll: true });
	}

	// Draws rows anew whose look depends on more than their item.
	redraw(match = () => true) {
		for (const row of this.rows.values()) {
			if (row.item && match(row.item)) {
				this.fill(row, row.item);
				this.reach(row);
			}
		}
	}

	reach(row) {
		for (const node of row.node.querySelectorAll(reachable))
			node.tabIndex = row.index === this.current ? 0 : -1;
	}

	// ---- the keyboard ----------------------------------------------------

	entered(event) {
		const node = event.target.closest("li[data-index]");
		const index = node ? Number(node.dataset.index) : -1;

		if (index < 0 || index === this.current)
			return;
		this.current = index;
		for (const row of this.rows.values())
			this.reach(row);
	}

	press(event) {
		const page = Math.max(1,
		    Math.floor(this.seen()[1] / this.height()) - 2);
		const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page,
			PageUp: -page, Home: -Infinity, End: Infinity };
		const step = steps[event.key];

		if (step === undefined || event.altKey || event.ctrlKey ||
		    event.metaKey || event.target.matches("input"))
			return;
		event.preventDefault();
		this.focus(Math.max(0, Math.min(this.count() - 1,
		    this.current + step)));
	}

	// Puts the focus on a row, and the row in sight.
	focus(index) {
		this.current = index;
		this.reveal(index);
		this.render();
		for (const row of this.rows.values()) {
			this.reach(row);
			if (row.index === index)
				this.enter(row.node);
		}
	}

	// A row that is not here yet holds the focus until it is.
	enter(node) {
		const target = node.querySelector(reachable);

		if (target) {
			target.focus({ preventScroll: true });
		} else {
			node.tabIndex = -1;
			node.focus({ preventScroll: true });
		}
	}

	// `under`: what covers the top of the window.
	reveal(index, under = this.covered ?? 0) {
		const tall = this.height(), [top, room] = this.seen();
		const from = index * tall - under, to = (index + 1) * tall;
		const by = from < top ? from - top
		    : to > top + room ? to - top - room : 0;

		if (by)
			(this.scroller ?? window).scrollBy(0, by);
	}
}
