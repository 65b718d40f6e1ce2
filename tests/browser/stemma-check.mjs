// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The parts of the page that know nothing of a page: where the versions of a
// stemma stand, what our own history adds to it, and what differs between two
// texts.  Run by node alone.

import { common, differences, diffLines, diffWords, linesOf } from
    "../../www/diff-lines.js";
import { withHistory } from "../../www/stemma-history.js";
import { kin, layout, neighbour } from "../../www/stemma-layout.js";
import { lineage, random } from "./lineages.mjs";

const tests = [];
const test = (name, f) => tests.push({ name, f });

function check(fact, text) {
	if (!fact)
		throw new Error(text);
}

function equal(got, want, text) {
	const [a, b] = [got, want].map((x) => JSON.stringify(x));

	check(a === b, `${text}: got ${a}, want ${b}`);
}

// ---- what holds for every drawing -------------------------------------------

// Two nodes that touch, or a line through a node that is not its end.
function isClear(plan) {
	const spots = new Map();

	for (const node of plan.nodes) {
		const spot = `${node.x} ${node.y}`;

		check(!spots.has(spot), `${node.id} stands on another`);
		spots.set(spot, node);
		check(node.x > 0 && node.x + 60 < plan.width + 20 && node.y > 0 &&
		    node.y + 30 < plan.height, `${node.id} is outside`);
	}
}

function isInTime(plan) {
	for (const { parent, child } of plan.lines)
		check(parent.y < child.y, `${child.id} stands above ${parent.id}`);
	const since = (n) => (n.members?.[0] ?? n).version;
	const published = plan.nodes.filter((n) => n.version !== null)
	    .sort((a, b) => since(a) - since(b));

	published.reduce((above, node) => {
		check(!above || above.layer <= node.layer,
		    `${node.id} is newer than ${above?.id}, and higher`);
		return node;
	}, null);
}

// The straight part of a line, and the nodes in its lane.
function passesNobody(plan) {
	for (const { parent, child, d } of plan.lines) {
		const straight = /V(\d+)(?=C|V)/.exec(d);
		const x = Number(/[ MC](-?\d+(?:\.\d+)?) \d+(?:\.\d+)?V/
		    .exec(d)?.[1] ?? NaN);

		if (!straight || isNaN(x))
			continue;
		const hit = plan.nodes.find((n) => n !== parent && n !== child &&
		    n.x === x && n.layer > parent.layer &&
		    n.layer < child.layer);

		check(!hit, `${parent.id} to ${child.id} goes through ${hit?.id}`);
	}
}

function allAreThere(plan, made) {
	const folded = plan.nodes.flatMap((n) => n.members ?? [n]);

	equal(folded.map((n) => n.id).sort(), made.nodes.map((n) => n.id).sort(),
	    "the versions");
	equal(new Set(plan.all.map((n) => n.siglum)).size, made.nodes.length,
	    "different sigla");
}

for (const n of [1, 2, 10, 60, 200]) {
	test(`a stemma of ${n} versions is clear, and all of it is there`, () => {
		for (let seed = 1; seed <= 25; seed++) {
			for (const open of [new Set(), true]) {
				const made = lineage(n, { seed, servers: 1 + seed % 5,
					pdf: seed % 3 === 0 });
				const plan = layout(made, { open,
					room: seed % 2 ? 300 : Infinity });

				allAreThere(plan, made);
				isClear(plan);
				isInTime(plan);
				passesNobody(plan);
			}
		}
	});
}

test("five thousand versions are placed within seconds", () => {
	const begun = Date.now();
	const plan = layout(lineage(5000, { servers: 4 }), { open: true });

	check(plan.nodes.length >= 5000, "too few");
	check(Date.now() - begun < 20000, `${Date.now() - begun} ms`);
});

// ---- single stories ---------------------------------------------------------

const node = (id, kind, replica, version, more = {}) => ({ id,
	stable_id: id.split(":")[0], content_hash: id, version, kind, replica,
	user: null, time: version === null ? null
	    : `2026-03-02T08:00:0${version}Z`, ...more });
const tree = (nodes, edges) => ({ doc_id: "d", replica: "I", nodes,
	is_complete: true, edges: edges.map(([from, to]) => ({ from, to })),
	heads: nodes.map((n) => n.id).filter((id) =>
	    !edges.some(([from]) => from === id)) });
const named = (plan, id) => plan.all.find((n) => n.id === id);

test("a record is a letter, its versions have numbers, the lost are Greek", () => {
	const plan = layout(tree([node("a:1", "new", "I", 1),
		node("a:2", "save", "II", 2), node("a:x", "unknown", null, null),
		node("a:3", "merge", "I", 3), node("b:4", "merge", "I", 4),
		node("a:local", "local", "I", null)],
	    [["a:1", "a:2"], ["a:2", "a:3"], ["a:x", "a:3"], ["a:2", "b:4"],
	    ["a:3", "b:4"], ["a:3", "a:local"]]));

	equal(plan.all.map((n) => n.siglum), ["A¹", "A²", "α", "A³", "B", "β"],
	    "sigla");
	check(named(plan, "a:3").merged && !named(plan, "a:3").kept, "merged");
	check(named(plan, "b:4").kept && !named(plan, "b:4").merged, "kept");
	equal(plan.all.filter((n) => n.head).map((n) => n.id),
	    ["b:4", "a:local"], "heads");
	equal(named(plan, "a:x").presumed.map((n) => n.id), ["a:1"],
	    "where the lost one comes from, presumably");
	equal(named(plan, "a:x").replica, "I", "who lost it");
});

test("a PDF is P", () => {
	const plan = layout(tree([node("s:1", "new", "I", 1),
		node("t:2", "new", "I", 2)], []), { items: new Map([
		["s", { file_type: "pdf" }], ["t", { file_type: "tei" }]]) });

	equal(plan.all.map((n) => n.siglum), ["P", "A"], "sigla");
});

test("two heads in conflict stand beside each other", () => {
	const plan = layout(tree([node("a:1", "new", "I", 1),
		node("a:2", "save", "II", 2),
		node("a:local", "local", "I", null, {
			time: "2026-03-02T08:00:03Z" })],
	    [["a:1", "a:2"], ["a:1", "a:local"]]), { items: new Map([
		["a", { sync_status: "conflict" }]]) });

	equal(plan.clashes.map((c) => [c.mine.id, c.theirs.id]),
	    [["a:local", "a:2"]], "the conflict");
	equal(named(plan, "a:local").y, named(plan, "a:2").y, "their height");
});

test("what refers to nothing is left out", () => {
	const plan = layout(tree([node("a:1", "new", "I", 1)],
	    [["a:0", "a:1"], ["a:1", "a:9"], ["a:1", "a:1"]]));

	equal(plan.lines.length, 0, "lines");
	equal(layout(tree([], [])).nodes.length, 0, "of nothing");
});

const long = () => tree(Array.from({ length: 40 }, (_, i) =>
	node(`a:${i + 1}`, i ? "save" : "new", "I", i + 1,
	    { time: "2026-03-02T08:00:00Z" })),
    Array.from({ length: 39 }, (_, i) => [`a:${i + 1}`, `a:${i + 2}`]));

test("a long run is folded, and unfolds", () => {
	const plan = layout(long());

	equal(plan.nodes.map((n) => n.count ?? n.siglum), ["A¹", 38, "A⁴⁰"],
	    "folded");
	equal(layout(long(), { open: new Set([plan.nodes[1].id]) }).nodes.length,
	    40, "unfolded");
	equal(layout(long(), { open: true }).nodes.length, 40, "all");
});

test("arrows go along the lines", () => {
	const plan = layout(tree([node("a:1", "new", "I", 1),
		node("a:2", "save", "II", 2), node("a:3", "save", "I", 3)],
	    [["a:1", "a:2"], ["a:2", "a:3"]]));
	const [one, two, three] = plan.nodes;

	const to = (from, key) => neighbour(plan.nodes, from, `Arrow${key}`)?.id;

	equal(to(one, "Down"), "a:2", "down");
	equal(to(three, "Up"), "a:2", "up");
	equal(to(one, "Up"), undefined, "from the top");
	equal(to(one, "Right"), "a:2", "right");
	equal(to(two, "Right"), undefined, "to nobody");
	equal(kin(two).size, 3, "its family");
});

// ---- our own history --------------------------------------------------------

const past = (seq, hash, kind, user = "anna") => ({ seq, kind, user,
	content_hash: hash, updated_at: `2026-03-02T09:00:0${seq}Z`,
	at: `2026-03-02T09:00:0${seq + 1}Z`, is_here: true });

test("saves between two published versions are drafts between them", () => {
	const made = tree([node("a:1", "new", "I", 1),
		node("a:2", "save", "I", 2)], [["a:1", "a:2"]]);
	const whole = withHistory(made, new Map([["a", { hash: "a:2", history: [
		past(3, "y", "save"), past(2, "x", "save"),
		past(1, "a:1", "save")] }]]));

	equal(whole.edges.map((e) => `${e.from} ${e.to}`).sort(),
	    ["a:1 a:h2", "a:h2 a:h3", "a:h3 a:2"], "edges");
	equal(layout(whole).all.map((n) => n.siglum), ["A¹", "α", "β", "A²"],
	    "in order");
	equal(whole.heads, ["a:2"], "heads");
});

test("a library without a store has its stemma too", () => {
	const made = tree([node("a:local", "local", null, null)], []);
	const whole = withHistory(made, new Map([["a", { hash: "a:local",
		history: [past(2, "y", "set"), past(2, "y", "save"),
			past(1, "x", "save")] }]]));

	equal(layout(whole).all.map((n) => n.kind), ["draft", "draft", "local"],
	    "kinds");
});

test("a lost side of a merge that is our own is not lost", () => {
	const made = tree([node("a:1", "new", "II", 1),
		node("a:2", "save", "II", 2), node("x", "unknown", null, null,
		    { stable_id: "a" }), node("a:3", "merge", "I", 3)],
	    [["a:1", "a:2"], ["a:2", "a:3"], ["x", "a:3"]]);
	const whole = withHistory(made, new Map([["a", { hash: "a:3", history: [
		past(2, "x", "sync"), past(1, "a:1", "save")] }]]));
	const plan = layout(whole);

	equal(named(plan, "x").parents.map((p) => p.id), ["a:1"], "made from");
	check(!named(plan, "x").presumed.length, "nothing is presumed");
	equal(named(plan, "x").kind, "draft", "its kind");
});

// ---- two texts --------------------------------------------------------------

// A text, and what somebody made of it.
function edited(chance) {
	const words = chance() < 0.5 ? 5 : 60;
	const one = Array.from({ length: Math.floor(chance() * 40) },
	    () => `line ${Math.floor(chance() * words)}`);
	const two = one.flatMap((line) => chance() < 0.7 ? [line]
	    : chance() < 0.5 ? [] : [`new ${Math.floor(chance() * 9)}`, line]);

	return [one, two];
}

test("both texts can be read again from what differs", () => {
	const chance = random(7);

	for (let i = 0; i < 2000; i++) {
		const [one, two] = edited(chance);
		const rows = diffLines(one.join("\n"), two.join("\n"));
		const side = (name) => rows.filter((r) => r[name])
		    .map((r) => r[name].text);

		equal(side("left"), one, "left");
		equal(side("right"), two, "right");
		check(rows.every((r) => r.kind !== "same" ||
		    r.left.text === r.right.text), "equal lines");
	}
});

test("nothing but what was changed is said to differ", () => {
	const one = Array.from({ length: 3000 }, (_, i) => `line ${i % 97}`);
	const two = one.flatMap((line, i) => i % 300 === 7 ? [line, "more"]
	    : [line]);
	const rows = diffLines(one.join("\n"), two.join("\n"));

	equal(rows.filter((r) => r.kind !== "same").length, 10, "lines");
	equal(differences(rows).length, 10, "places");
});

test("words are marked within a line", () => {
	const [left, right] = diffWords("Two letters lay on the table.",
	    "Two letters lay upon the old table.");

	equal(left.filter((r) => !r.same).map((r) => r.text), ["on"], "went");
	equal(right.filter((r) => !r.same).map((r) => r.text.trim()),
	    ["upon", "old"], "came");
});

test("a line that was changed stands beside what it became", () => {
	const rows = diffLines("a\nThe quick brown fox\nz",
	    "a\nsomething else\nThe quick red fox\nz");

	equal(rows.map((r) => r.kind), ["same", "added", "changed", "same"],
	    "rows");
});

test("a document in one line is cut between its elements", () => {
	const text = `<TEI><p>${"a ".repeat(200)}</p><p>b</p></TEI>`;

	check(linesOf(text).length > 2, "one line");
	equal(linesOf(text).join(""), text, "nothing is lost");
});

test("texts that have nothing in common are compared soon", () => {
	const begun = Date.now();
	const one = Array.from({ length: 30000 }, (_, i) => `a${i}`);
	const two = Array.from({ length: 30000 }, (_, i) => `b${i}`);

	equal(common(one, two), [], "in common");
	diffLines(one.join("\n"), two.join("\n"));
	check(Date.now() - begun < 20000, `${Date.now() - begun} ms`);
});

// ---- the runner -------------------------------------------------------------

let bad = 0;
for (const { name, f } of tests) {
	try {
		f();
		console.log(`ok ${name}`);
	} catch (error) {
		bad++;
		console.log(`not ok ${name}: ${error.message}`);
	}
}
process.exit(bad ? 1 : 0);
