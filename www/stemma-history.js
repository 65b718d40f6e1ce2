// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What only this server knows of a document's past: versions that were saved
// here and never published by themselves.  The store's lineage is the same
// everywhere; this adds to it what is in our own history.  Nothing here knows
// of the page.

// The contents that a record had, oldest first: {hash, time, user, how}, where
// `how` is what made it into the next one.
function contentsOf(history) {
	const found = [];
	let maker = null;

	for (const past of [...history].reverse()) {
		const last = found.at(-1);

		if (last?.hash === past.content_hash)
			last.how = past.kind;
		else
			found.push({ hash: past.content_hash, seq: past.seq,
				time: past.updated_at, user: maker,
				how: past.kind, here: past.is_here });
		maker = past.user;
	}
	return { found, maker };
}

class Past {
	constructor(lineage) {
		this.replica = lineage.replica ?? null;
		this.nodes = lineage.nodes.map((n) => ({ ...n }));
		this.edges = new Map(lineage.edges.map((e) =>
		    [`${e.from} ${e.to}`, e]));
		this.added = [];
	}

	find(id, hash) {
		return this.nodes.filter((n) => n.stable_id === id &&
		    n.content_hash === hash).sort((a, b) =>
		    (b.version ?? 0) - (a.version ?? 0))[0];
	}

	// A version of ours: one that is known, or one more.
	take(id, content) {
		const known = this.find(id, content.hash);

		if (known && known.kind !== "unknown")
			return known;
		const node = known ?? { id: `${id}:h${content.seq}`,
			stable_id: id, content_hash: content.hash,
			version: null };

		Object.assign(node, { kind: "draft", replica: this.replica,
			user: content.user, time: content.time });
		if (!known)
			this.nodes.push(node);
		this.added.push(node);
		return node;
	}

	join(from, to) {
		if (from.id !== to.id && to.kind !== "new")
			this.edges.set(`${from.id} ${to.id}`,
			    { from: from.id, to: to.id });
	}

	add(id, history, hash) {
		const { found, maker } = contentsOf(history);
		const now = this.nodes.find((n) => n.stable_id === id &&
		    n.kind === "local") ?? this.find(id, hash);
		const chain = [...found.map((c) => this.take(id, c)), now];

		if (now?.kind === "local")
			now.user ??= maker;
		found.forEach((content, i) => {
			const next = chain[i + 1];

			if (next && content.how === "save" &&
			    (chain[i].kind === "draft" ||
			        next.kind === "draft" || next.kind === "local"))
				this.join(chain[i], next);
		});
	}

	// A line is left out where another way leads there over our versions.
	tidy() {
		const drafts = new Set(this.added.map((n) => n.id));
		const next = new Map();

		for (const { from, to } of this.edges.values())
			next.set(from, [...next.get(from) ?? [], to]);
		const leads = (from, to, seen) => (next.get(from) ?? []).some((n) =>
			n === to ? drafts.has(from) : drafts.has(n) &&
			    !seen.has(n) && leads(n, to, seen.add(n)));

		for (const [key, { from, to }] of this.edges) {
			if (!drafts.has(from) && leads(from, to, new Set()))
				this.edges.delete(key);
		}
	}
}

// histories: a Map of stable_id to what GET /files/{id}/history answers, and
// the content that the record has now: {history, hash}.
export function withHistory(lineage, histories) {
	const past = new Past(lineage);

	for (const [id, { history, hash }] of histories)
		past.add(id, history, hash);
	past.tidy();
	const edges = [...past.edges.values()];
	const parents = new Set(edges.map((e) => e.from));

	return { ...lineage, nodes: past.nodes, edges,
		heads: past.nodes.map((n) => n.id).filter((n) => !parents.has(n)) };
}
