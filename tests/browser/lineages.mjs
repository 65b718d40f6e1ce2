// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Lineages that are made up: what GET /files/{id}/lineage would answer for a
// document that several servers worked on for weeks.  One seed, one story.

const hour = 3600e3;
const begin = Date.parse("2026-03-02T08:00:00Z");
const people = ["anna", "ben", "cara", "dora", "emil", "fritz"];

// Numbers from 0 to 1 (mulberry32, by Tommy Ettinger).
export function random(seed) {
	return () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);

		x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
		return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
	};
}

const hash = (n) => n.toString(16).padStart(64, "0");
const uuid = (n) => `${String(n).repeat(8)}-0000-4000-8000-000000000000`;

class Story {
	constructor({ servers = 3, seed = 1 }) {
		this.chance = random(seed);
		this.servers = servers;
		this.now = begin;
		this.version = 0;
		this.nodes = [];
		this.edges = [];
		this.live = [];         // the newest version of each record
	}

	pick(n) {
		return Math.floor(this.chance() * n);
	}

	node(stableId, kind, server, parents) {
		const lost = kind === "unknown";
		const version = lost || kind === "local" ? null : ++this.version;
		const number = this.nodes.length + 1;
		const node = { id: `${stableId}:${version ?? `x${number}`}`,
			stable_id: stableId, content_hash: hash(number), version,
			kind, replica: lost ? null : uuid(server + 1),
			user: lost ? null : people[server], time: lost ? null
			    : new Date(this.now).toISOString() };

		this.nodes.push(node);
		for (const parent of parents)
			this.edges.push({ from: parent.id, to: node.id });
		return node;
	}

	begin(stableId, server = 0) {
		const node = this.node(stableId, "new", server, []);

		this.live.push({ stableId, node, before: null });
	}

	step(chances) {
		const one = this.live[this.pick(this.live.length)];
		const server = this.pick(this.servers), x = this.chance();
		let next = null;

		this.now += this.chance() * (this.chance() < 0.1 ? 60 : 4) * hour;
		if (x < chances.merge && one.before) {
			const lost = this.node(one.stableId, "unknown", server, []);

			next = this.node(one.stableId, "merge", server,
			    [one.node, lost]);
		} else if (x < chances.merge + chances.settle && one.before) {
			next = this.node(one.stableId, "merge", server,
			    [one.node, one.before]);
		} else if (x < chances.merge + chances.settle + chances.keep &&
		    one.before) {
			const stableId = `kept${this.live.length}`;

			this.live.push({ stableId, before: null,
				node: this.node(stableId, "merge", server,
				    [one.node, one.before]) });
			return;
		} else {
			next = this.node(one.stableId, "save", this.chance() < 0.6
			    ? people.indexOf(one.node.user) : server, [one.node]);
		}
		one.before = one.node;
		one.node = next;
	}
}

// n versions, more or less: a merge brings its other side along.
export function lineage(n, options = {}) {
	const chances = { merge: 0.15, settle: 0.08, keep: 0.05,
		...options.chances };
	const story = new Story(options);

	story.begin("text");
	if (options.pdf)
		story.begin("scan");
	while (story.nodes.length < n)
		story.step(chances);
	const parents = new Set(story.edges.map((e) => e.from));

	return { doc_id: "made-up", replica: uuid(1), is_complete: true,
		nodes: story.nodes, edges: story.edges, heads: story.nodes
		    .map((node) => node.id).filter((id) => !parents.has(id)) };
}
