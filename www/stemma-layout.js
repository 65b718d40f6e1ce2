// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Where each version of a document stands in its stemma.  Nothing here knows of
// the page: a lineage goes in, places and lines come out.
//
// Time goes downwards in layers; what happened at once on two servers may share
// one.  Each server has a column, and in it each record a lane.  The order of
// columns and lanes is the one with the shortest lines and fewest crossings
// that swapping neighbours finds.  A record is a letter, its versions are
// numbered as the layers of a witness are (A¹, A²); what was never published
// is Greek, as lost witnesses are.

const roomy = { lane: 116, gap: 34, left: 104, node: 42 };
const tight = { lane: 92, gap: 6, left: 8, node: 30 };
const layerHeight = 78;
const beside = 31;      // where a line passes a node, on its left
const margin = { top: 16, right: 40, bottom: 30 };
const many = 26;        // versions; from here on long runs are folded
const runMin = 3;       // versions that are worth folding
const crossMax = 400;   // lines; among more, crossings are not looked for
const swaps = 400;      // that are tried for a better order
const work = 1e6;       // lines that are looked at for it, among many

const greek = "αβγδεζηθικλμνξοπρστυφχψω";
const latin = "ABCDEFGHIJKLMNOQRSTUVWXYZ"; // P is the PDF
const raised = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export const superscript = (n) =>
    String(n).replace(/\d/g, (digit) => raised[digit]);

// The nth sign of an alphabet: A … Z, then AA, BB …
const letter = (alphabet, n) => alphabet[n % alphabet.length]
    .repeat(1 + Math.floor(n / alphabet.length));

// ---- the tree, in the order of time -----------------------------------------

// Where a version stands in the order of time.  Those of the store are
// numbered; one that was never published comes behind what it was made from,
// or, where that is not known, before what was made of it; what is not
// published yet is the newest of all.
function ranks(lineage) {
	const nodes = new Map(lineage.nodes.map((n) => [n.id, n]));
	const known = new Map();
	const each = (id, side, other) => lineage.edges
	    .filter((e) => e[side] === id && nodes.has(e[other]))
	    .map((e) => rank(nodes.get(e[other])));

	function rank(node) {
		if (node.version !== null || node.kind === "local")
			return node.version ?? Infinity;
		if (known.has(node.id))
			return known.get(node.id);
		known.set(node.id, 0);
		const before = each(node.id, "to", "from");
		const after = before.length ? [] : each(node.id, "from", "to");
		const found = before.length ? Math.max(...before) + 0.001
		    : after.length ? Math.min(...after) - 0.5 : Infinity;

		known.set(node.id, found);
		return found;
	}
	return new Map(lineage.nodes.map((n) => [n, rank(n)]));
}

function inOrder(lineage) {
	const rank = ranks(lineage);
	const near = (a, b) => a === b ? 0 : a < b ? -1 : 1;

	return [...lineage.nodes].sort((a, b) =>
	    near(rank.get(a), rank.get(b)) ||
	    near(a.time ?? "", b.time ?? "") || near(a.id, b.id))
	    .map((node) => ({ ...node }));
}

// Nodes with their parents and children; a line never goes back in time.
function connect(lineage) {
	const nodes = inOrder(lineage), byId = new Map();

	nodes.forEach((node, i) => {
		Object.assign(node, { rank: i, parents: [], children: [],
			presumed: [], lost: node.kind === "unknown" });
		byId.set(node.id, node);
	});
	for (const { from, to } of lineage.edges) {
		const parent = byId.get(from), child = byId.get(to);

		if (parent && child && parent.rank < child.rank) {
			parent.children.push(child);
			child.parents.push(parent);
		}
	}
	for (const node of nodes)
		node.replica ??= node.children[0]?.replica ?? null;
	return nodes;
}

// What a lost version was made from is not recorded.  The version before the
// one that it was merged with is the latest it can have been.
function presume(nodes) {
	for (const node of nodes.filter((n) => n.lost && !n.parents.length)) {
		const other = node.children[0]?.parents.find((p) => p !== node);
		const origin = other?.parents.find((p) => !p.lost);

		if (origin) {
			node.parents.push(origin);
			node.presumed.push(origin);
			origin.children.push(node);
			node.rank = origin.rank + 0.5;
		}
	}
}

// A record that was made from two versions of another: both were kept.
const isKept = (node) => node.parents.length > 1 &&
    node.parents.every((p) => p.stable_id !== node.stable_id);

function name(nodes, items) {
	const letters = new Map(), stages = new Map();
	let used = 0, lost = 0;

	for (const node of nodes) {
		const id = node.stable_id, item = items.get(id);

		if (!letters.has(id))
			letters.set(id, item?.file_type === "pdf" &&
			    ![...letters.values()].includes("P")
			    ? "P" : letter(latin, used++));
		node.item = item ?? null;
		node.record = letters.get(id);
		node.draft = node.version === null;
		node.kept = isKept(node);
		node.merged = node.parents.length > 1 && !node.kept;
		if (node.draft) {
			node.letter = letter(greek, lost++);
			node.stage = 0;
		} else {
			node.letter = node.record;
			node.stage = (stages.get(id) ?? 0) + 1;
			stages.set(id, node.stage);
		}
	}
	for (const node of nodes) {
		if (stages.get(node.stable_id) === 1)
			node.stage = 0;
		node.siglum = node.letter +
		    (node.stage ? superscript(node.stage) : "");
	}
	return letters;
}

// ---- long runs --------------------------------------------------------------

const isInside = (node) => (node.kind === "save" || node.kind === "draft") &&
    node.parents.length === 1 && node.children.length === 1 &&
    node.parents[0].stable_id === node.stable_id &&
    node.children[0].stable_id === node.stable_id;

const isRunOf = (next, node) => isInside(next) && next.draft === node.draft;

function runFrom(node) {
	const run = [];

	for (let next = node; isRunOf(next, node); next = next.children[0])
		run.push(next);
	return run;
}

function foldOne(members) {
	const first = members[0], last = members.at(-1);
	const run = { ...last, id: `run:${first.id}`, kind: "run", members,
		count: members.length, parents: first.parents,
		children: last.children, presumed: [], siglum: "",
		rank: first.rank, time: first.time, until: last.time };
	const put = (list, was) => list.splice(list.indexOf(was), 1, run);

	put(first.parents[0].children, first);
	put(last.children[0].parents, last);
	return run;
}

// Versions that follow each other without a fork become one node, unless they
// are few, or somebody opened them.  Saves between two that were published are
// always folded.
function fold(nodes, open) {
	const gone = new Map();

	if (open === true)
		return nodes;
	for (const node of nodes) {
		if (gone.has(node) || !isInside(node) ||
		    isRunOf(node.parents[0], node))
			continue;
		const run = runFrom(node);

		if (run.length < runMin || open.has(`run:${node.id}`) ||
		    (!node.draft && nodes.length <= many))
			continue;
		const folded = foldOne(run);

		run.forEach((member, i) => gone.set(member, i ? null : folded));
	}
	return nodes.map((n) => gone.has(n) ? gone.get(n) : n).filter(Boolean);
}

// ---- layers -----------------------------------------------------------------

const laneOf = (node) => `${node.replica ?? ""} ${node.stable_id}`;

function placeLayers(nodes, dayOf) {
	const taken = new Set();
	let now = 0, day = null;
	const lowest = (node) => node.parents.reduce((low, p) =>
	    Math.max(low, p.layer + 1), 0);
	const put = (node, from) => {
		const lane = laneOf(node);
		let layer = from;

		while (taken.has(`${layer} ${lane}`))
			layer++;
		node.layer = layer;
		taken.add(`${layer} ${lane}`);
	};

	for (const node of nodes) {
		if (node.lost) {
			put(node, lowest(node));
			continue;
		}
		const its = node.time ? dayOf(node.time) : day;

		if (day !== null && its !== day)
			now++;
		day = its;
		put(node, Math.max(lowest(node), now));
		now = Math.max(now, node.layer);
	}
}

// ---- columns and lanes ------------------------------------------------------

const linesOf = (nodes) => nodes.flatMap((child) => child.parents
    .map((parent) => ({ parent, child })));

// Records of one server share a lane when one ends before the other begins.
function lanesOf(nodes) {
	const spans = new Map(), lanes = [];

	for (const node of nodes) {
		const key = laneOf(node);
		const span = spans.get(key) ?? { replica: node.replica ?? "",
			from: node.layer, to: node.layer, nodes: [] };

		span.from = Math.min(span.from, node.layer);
		span.to = Math.max(span.to, node.layer);
		span.nodes.push(node);
		spans.set(key, span);
	}
	const isScan = (span) => span.nodes[0].record === "P" ? 0 : 1;

	for (const span of [...spans.values()].sort((a, b) =>
	    a.from - b.from || isScan(a) - isScan(b))) {
		let lane = lanes.find((l) => l.replica === span.replica &&
		    l.to + 1 < span.from);

		if (!lane) {
			lane = { replica: span.replica, to: -1, nodes: [] };
			lanes.push(lane);
		}
		lane.to = Math.max(lane.to, span.to);
		lane.nodes.push(...span.nodes);
	}
	for (const lane of lanes)
		lane.nodes.forEach((node) => (node.lane = lane));
	return lanes;
}

// What an order of lanes costs: the ways of its lines, and where they cross.
function cost(lines, at) {
	let sum = 0;

	for (const [i, a] of lines.entries()) {
		const ax = at.get(a.parent.lane), ay = at.get(a.child.lane);

		sum += Math.abs(ax - ay);
		if (lines.length > crossMax)
			continue;
		for (let j = i + 1; j < lines.length; j++) {
			const b = lines[j];

			if (b.parent.layer >= a.child.layer ||
			    a.parent.layer >= b.child.layer)
				continue;
			const bx = at.get(b.parent.lane);
			const by = at.get(b.child.lane);

			if ((ax - bx) * (ay - by) < 0)
				sum += 3;
		}
	}
	return sum;
}

// Swaps neighbours in a list as long as that makes it cheaper, and there is
// patience left.
function improve(list, price, patience) {
	let best = price(list);

	for (let better = true; better;) {
		better = false;
		for (let i = 0; i + 1 < list.length; i++) {
			if (patience.left-- <= 0)
				return;
			[list[i], list[i + 1]] = [list[i + 1], list[i]];
			const now = price(list);

			if (now < best) {
				best = now;
				better = true;
			} else {
				[list[i], list[i + 1]] = [list[i + 1], list[i]];
			}
		}
	}
}

const positions = (columns) => new Map(columns.flatMap((c) => c.lanes)
    .map((lane, i) => [lane, i]));

function arrange(nodes) {
	const lines = linesOf(nodes), columns = [];

	for (const lane of lanesOf(nodes)) {
		const column = columns.find((c) => c.replica === lane.replica);

		if (column)
			column.lanes.push(lane);
		else
			columns.push({ replica: lane.replica, lanes: [lane] });
	}
	const oldest = columns[0];
	const patience = { left: Math.min(swaps, work / (lines.length + 1)) };

	improve(columns, (list) => cost(lines, positions(list)), patience);
	if (columns.indexOf(oldest) >= columns.length / 2)
		columns.reverse();
	for (const column of columns)
		improve(column.lanes, () => cost(lines, positions(columns)),
		    patience);
	columns.forEach((column, i) => (column.number = i + 1));
	return columns;
}

// ---- places -----------------------------------------------------------------

const widthOf = (columns, size) => size.left + margin.right - size.gap +
    columns.reduce((sum, c) => sum + c.lanes.length * size.lane + size.gap, 0);

function placeAll(nodes, columns, size) {
	let x = size.left;

	for (const column of columns) {
		column.from = x;
		for (const lane of column.lanes) {
			lane.x = x + size.node;
			x += size.lane;
		}
		column.to = x;
		x += size.gap;
	}
	for (const node of nodes) {
		node.x = node.lane.x;
		node.y = margin.top + node.layer * layerHeight + layerHeight / 2;
	}
}

function daysOf(nodes, dayOf) {
	const found = [];

	for (const node of nodes) {
		const day = node.time && !node.lost ? dayOf(node.time) : null;

		if (day && found.at(-1)?.day !== day)
			found.push({ day, time: node.time,
				y: margin.top + node.layer * layerHeight });
	}
	return found;
}

// Where a drawing may be cut: between layers; with its head and its foot.
const cutsOf = (layers) => Array.from({ length: layers }, (_, i) => [
	i === 0 ? 0 : margin.top + i * layerHeight,
	margin.top + (i + 1) * layerHeight +
	    (i === layers - 1 ? margin.bottom : 0)]);

// ---- lines ------------------------------------------------------------------

const curve = (x1, y1, x2, y2) => x1 === x2 ? `V${y2}`
    : `C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}`;

// Is a lane free between two layers?
const isFree = (spots, x, from, to) => {
	for (let layer = from + 1; layer < to; layer++) {
		if (spots.has(`${layer} ${x}`))
			return false;
	}
	return true;
};

// A line over several layers goes down where nobody stands: in its child's
// lane, its parent's, or else between two lanes.
function way(spots, used, parent, child, width) {
	const { layer: from } = parent, { layer: to } = child;

	for (const x of [child.x, parent.x]) {
		if (isFree(spots, x, from, to))
			return x;
	}
	const gap = parent.x - beside + (child.x > parent.x ? width : 0);
	const taken = used.filter((u) => u.gap === gap && u.from < to &&
	    from < u.to).length;

	used.push({ gap, from, to });
	return gap - taken % 3 * 7;
}

function path(spots, used, parent, child, width) {
	const step = layerHeight;
	const { x: x1, y: y1 } = parent, { x: x2, y: y2 } = child;

	if (child.layer - parent.layer < 2)
		return `M${x1} ${y1}${curve(x1, y1, x2, y2)}`;
	const via = way(spots, used, parent, child, width);

	return `M${x1} ${y1}${curve(x1, y1, via, y1 + step)}V${y2 - step}` +
	    curve(via, y2 - step, x2, y2);
}

function drawLines(nodes, width) {
	const spots = new Set(nodes.map((n) => `${n.layer} ${n.x}`));
	const used = [];

	return linesOf(nodes).map(({ parent, child }) => ({ parent, child,
		presumed: child.presumed.includes(parent),
		d: path(spots, used, parent, child, width) }));
}

// Which two heads of a record are in conflict: ours, and the store's newest.
function clashes(nodes) {
	const found = [];

	for (const mine of nodes) {
		if (mine.kind !== "local" ||
		    mine.item?.sync_status !== "conflict")
			continue;
		const theirs = nodes.filter((n) => n.version !== null &&
		    n.stable_id === mine.stable_id).at(-1);

		if (theirs && !mine.parents.includes(theirs)) {
			mine.clash = theirs.clash = true;
			found.push({ mine, theirs });
		}
	}
	return found;
}

// ---- all of it --------------------------------------------------------------

// lineage: what GET /files/{id}/lineage answers; items: a Map of stable_id to
// Item; open: which runs are unfolded (a Set of their ids, or true for all);
// dayOf: the day of a time, in the reader's zone; room: how wide it may be,
// before columns move together.
export function layout(lineage, { items = new Map(), open = new Set(),
	dayOf = (time) => time.slice(0, 10), room = Infinity } = {}) {
	const whole = connect(lineage), heads = new Set(lineage.heads);

	presume(whole);
	const records = name(whole, items);
	for (const node of whole) {
		node.head = heads.has(node.id);
		node.gold = node.head && node.item?.is_gold_standard === true;
	}
	const nodes = fold(whole, open);
	placeLayers(nodes, dayOf);
	const columns = arrange(nodes);
	const isTight = widthOf(columns, roomy) > room;
	const size = isTight ? tight : roomy;
	placeAll(nodes, columns, size);
	const layers = Math.max(0, ...nodes.map((n) => n.layer)) + 1;

	return { nodes, all: whole, records, columns, isTight,
		lines: drawLines(nodes, size.lane), clashes: clashes(nodes),
		days: daysOf(nodes, dayOf), cuts: cutsOf(layers),
		width: widthOf(columns, size), roomyWidth: widthOf(columns, roomy),
		height: margin.top + layers * layerHeight + margin.bottom,
		canFold: whole.length > many };
}

// ---- going from node to node ------------------------------------------------

const nearest = (list, from) => list.reduce((best, n) => !best ||
    Math.hypot(n.x - from.x, (n.y - from.y) / 4) <
    Math.hypot(best.x - from.x, (best.y - from.y) / 4) ? n : best, null);

// The node that an arrow key leads to: up and down along the lines, left and
// right to who stands beside.
export function neighbour(nodes, node, key) {
	if (key === "ArrowDown")
		return nearest(node.children, node) ?? null;
	if (key === "ArrowUp")
		return nearest(node.parents, node) ?? null;
	const side = key === "ArrowLeft" ? -1 : 1;
	const beside = nodes.filter((n) => (n.x - node.x) * side > 0);
	const score = (n) => Math.abs(n.y - node.y) * 3 + Math.abs(n.x - node.x);

	return beside.reduce((best, n) =>
	    !best || score(n) < score(best) ? n : best, null);
}

// A node with all that it came from and all that came from it.
export function kin(node) {
	const found = new Set([node]);
	const walk = (start, side) => {
		const seen = new Set(), todo = [start];

		while (todo.length) {
			for (const next of todo.pop()[side]) {
				if (!seen.has(next)) {
					seen.add(next);
					found.add(next);
					todo.push(next);
				}
			}
		}
	};

	walk(node, "parents");
	walk(node, "children");
	return found;
}
