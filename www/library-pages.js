// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The documents of a listing, as far as they are looked at: blocks of a hundred,
// fetched when they come near and forgotten when they are far.  Where there are
// more than one block holds, the server tells how many there are, and the cursor
// at which each block begins.

import * as api from "./api.js";

const size = 100;  // documents in a block
const near = 40;   // documents from what is seen: fetched already
const atOnce = 4;  // blocks that are asked for
const kept = 12;   // blocks

export class Pages {
	// `changed()` is called when there is something new to show.
	constructor(changed, failed) {
		this.changed = changed;
		this.failed = failed;
		this.query = {};
		this.stop = null;
		this.clear();
	}

	clear() {
		this.stop?.abort();
		this.stop = new AbortController();
		this.total = 0;
		this.isKnown = false;     // has the first answer come?
		this.isCounted = false;   // is `total` all there is?
		this.marks = [""];
		this.blocks = new Map();  // number: [Group]
		this.asked = new Map();   // number: promise
	}

	item(index) {
		const block = this.blocks.get(Math.floor(index / size));

		return block?.[index % size] ?? null;
	}

	indexOf(docId) {
		for (const [number, block] of this.blocks) {
			const at = block.findIndex((g) => g.doc_id === docId);

			if (at >= 0)
				return number * size + at;
		}
		return -1;
	}

	// A new question: what was known is forgotten.
	async ask(query) {
		this.clear();
		this.query = query;
		await this.load(0);
	}

	async fetch(number) {
		const cursor = this.marks[number];

		return api.get("files/list", { signal: this.stop.signal, query: {
			...this.query, limit: size, cursor } });
	}

	load(number) {
		if (this.marks[number] === undefined)
			return undefined;
		const asked = this.asked.get(number) ??
		    this.take(number, this.stop).finally(() => {
			    this.asked.delete(number);
		    });

		this.asked.set(number, asked);
		return asked;
	}

	async take(number, stop) {
		const { files, next_cursor: next } = await this.fetch(number);

		if (stop !== this.stop)
			return;
		this.put(number, files);
		if (number === 0)
			this.begin(files, next);
		this.changed();
	}

	put(number, files) {
		const old = this.blocks.get(number);
		const known = new Map(old?.map((g) => [g.doc_id, g]));

		// What is as it was stays the same object, and is not drawn anew.
		this.blocks.set(number, files.map((g) => {
			const was = known.get(g.doc_id);

			return was && JSON.stringify(was) === JSON.stringify(g)
			    ? was : g;
		}));
	}

	begin(files, next) {
		this.isKnown = true;
		if (next) {
			this.total = Math.max(this.total, files.length + 1);
			this.marks[1] ??= next;
			this.count().catch(this.failed);
		} else {
			this.total = files.length;
			this.marks = [""];
			this.isCounted = true;
		}
	}

	async count() {
		const { stop } = this;
		const { total, marks } = await api.get("files/list", {
			signal: stop.signal, query: { ...this.query, marks: size } });

		if (stop !== this.stop)
			return;
		this.total = total;
		this.marks = marks;
		this.isCounted = true;
		this.changed();
	}

	// These rows are about to be seen.
	need(first, last) {
		const from = Math.floor(Math.max(0, first - near) / size);
		const to = Math.floor((last + near) / size);

		// Whoever scrolls far passes many: what is asked for when one has
		// come is what is seen by then.
		for (let n = from; n <= to && this.asked.size < atOnce; n++) {
			if (!this.blocks.has(n))
				this.load(n)?.catch(this.failed);
		}
		if (this.blocks.size <= kept)
			return;
		for (const n of this.blocks.keys()) {
			if (n !== 0 && Math.abs(n - from) > kept / 2)
				this.blocks.delete(n);
		}
	}

	// Looks again, as far as it is shown; all of it is then shown at once.
	async refresh(first, last) {
		const { stop } = this;
		const numbers = new Set([0, Math.floor(first / size),
			Math.floor(last / size)]);
		const wasMany = this.total > size;
		const { files, next_cursor: next } = await this.fetch(0);

		if (stop !== this.stop)
			return;
		if (next && wasMany) {
			const counted = await api.get("files/list", {
				signal: stop.signal,
				query: { ...this.query, marks: size } });

			if (stop !== this.stop)
				return;
			this.total = counted.total;
			this.marks = counted.marks;
		}
		numbers.delete(0);
		const rest = await Promise.all([...numbers]
		    .filter((n) => this.marks[n] !== undefined)
		    .map(async (n) => [n, (await this.fetch(n)).files]));

		if (stop !== this.stop)
			return;
		for (const n of this.blocks.keys()) {
			if (n !== 0 && !numbers.has(n))
				this.blocks.delete(n);
		}
		this.put(0, files);
		for (const [n, groups] of rest)
			this.put(n, groups);
		if (!next || !wasMany)
			this.begin(files, next);
		this.changed();
	}
}
