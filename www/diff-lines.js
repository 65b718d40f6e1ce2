// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What two texts have in common, line by line and word by word.  Nothing here
// knows of the page.
//
// Lines that occur once on each side are anchors (patience diff, as Bram Cohen
// describes it); between them the shortest edit script is looked for (Eugene
// Myers in Algorithmica 1, 1986), up to a limit, so that two texts which have
// little in common cost no minutes.

const edits = 1000;     // of one script between two anchors
const wordsMax = 2000;  // of a line that is looked into
const cells = 2500;     // of the table that finds which line became which
const alike = 0.4;      // from here on a line is the other, changed
const longLine = 300;   // which is cut where an element ends

// How far a script of at most `edits` comes: {d, x, y}, and the way there.
function reached(a, i0, n, b, j0, m) {
	const limit = Math.min(n + m, edits), mid = limit + 1;
	const reach = new Int32Array(2 * limit + 3), trail = [];
	let best = { d: 0, x: 0, y: 0 };

	for (let d = 0; d <= limit; d++) {
		trail.push(reach.slice(mid - d - 1, mid + d + 2));
		for (let k = -d; k <= d; k += 2) {
			const from = step(reach, mid, d, k);
			let x = reach[mid + from] + (from < k ? 1 : 0);

			while (x < n && x - k < m && a[i0 + x] === b[j0 + x - k])
				x++;
			reach[mid + k] = x;
			if (x <= n && x - k <= m && 2 * x - k > best.x + best.y)
				best = { d, x, y: x - k };
			if (x >= n && x - k >= m)
				return { ...best, trail };
		}
	}
	return { ...best, trail };
}

// From which diagonal the step d arrives on the diagonal k.
const step = (v, mid, d, k) => k === -d ||
    (k !== d && v[mid + k - 1] < v[mid + k + 1]) ? k + 1 : k - 1;

// The shortest script of a[i0, i1) to b[j0, j1): adds the pairs that stay.
// One that is too long for that is put together of several.
function shortest(a, i0, i1, b, j0, j1, pairs) {
	while (i0 < i1 && j0 < j1) {
		const { d, x, y, trail } =
		    reached(a, i0, i1 - i0, b, j0, j1 - j0);

		back(trail, d, x, y, i0, j0, pairs);
		i0 += x;
		j0 += y;
	}
}

// Walks the script from its end, and adds its pairs in order.
function back(trail, last, n, m, i0, j0, pairs) {
	const found = [];
	let x = n, y = m;

	for (let d = last; d > 0; d--) {
		const v = trail[d], mid = d + 1;
		const from = step(v, mid, d, x - y);
		const px = v[mid + from], py = px - from;

		while (x > px && y > py)
			found.push([i0 + --x, j0 + --y]);
		x = px;
		y = py;
	}
	while (x > 0 && y > 0)
		found.push([i0 + --x, j0 + --y]);
	for (let i = found.length - 1; i >= 0; i--)
		pairs.push(found[i]);
}

// Where each item of a[from, to) stands, if it stands there once.
function places(a, from, to) {
	const found = new Map();

	for (let i = from; i < to; i++)
		found.set(a[i], found.has(a[i]) ? -1 : i);
	return found;
}

// The longest run of anchors that keeps its order on both sides.
function anchors(a, i0, i1, b, j0, j1) {
	const here = places(a, i0, i1), there = places(b, j0, j1);
	const piles = [];

	for (const [item, i] of here) {
		const j = there.get(item) ?? -1;
		let low = 0, high = piles.length;

		if (i < 0 || j < 0)
			continue;
		while (low < high) {
			const middle = (low + high) >> 1;

			if (piles[middle].j < j)
				low = middle + 1;
			else
				high = middle;
		}
		piles[low] = { i, j, under: piles[low - 1] ?? null };
	}
	const run = [];
	for (let top = piles.at(-1) ?? null; top; top = top.under)
		run.unshift(top);
	return run;
}

function between(a, i0, i1, b, j0, j1, pairs) {
	let tail = 0;

	while (i0 < i1 && j0 < j1 && a[i0] === b[j0])
		pairs.push([i0++, j0++]);
	while (i1 > i0 && j1 > j0 && a[i1 - 1] === b[j1 - 1]) {
		i1--;
		j1--;
		tail++;
	}
	if (i0 < i1 && j0 < j1) {
		const fixed = anchors(a, i0, i1, b, j0, j1);

		if (!fixed.length)
			shortest(a, i0, i1, b, j0, j1, pairs);
		else
			for (const { i, j } of [...fixed, { i: i1, j: j1 }]) {
				between(a, i0, i, b, j0, j, pairs);
				if (i < i1)
					pairs.push([i, j]);
				i0 = i + 1;
				j0 = j + 1;
			}
	}
	for (let k = 0; k < tail; k++)
		pairs.push([i1 + k, j1 + k]);
}

// Pairs [i, j] of equal items, both rising.
export function common(a, b) {
	const pairs = [];

	between(a, 0, a.length, b, 0, b.length, pairs);
	return pairs;
}

// ---- words ------------------------------------------------------------------

// Words, tags' names, spaces and signs, each by itself.
const words = (text) => text.match(/[\p{L}\p{N}]+|\s+|[^\p{L}\p{N}\s]/gu) ?? [];

// Runs of {text, same} of one side.
function runs(tokens, kept) {
	const list = [];

	tokens.forEach((text, i) => {
		const same = kept.has(i);

		if (list.length && list.at(-1).same === same)
			list.at(-1).text += text;
		else
			list.push({ text, same });
	});
	return list;
}

// A space that stays between two words that went, goes with them.
function joined(list) {
	const out = [];

	for (const [i, run] of list.entries()) {
		const same = run.same && !(/^\s+$/.test(run.text) && i > 0 &&
		    i < list.length - 1);

		if (out.length && out.at(-1).same === same)
			out.at(-1).text += run.text;
		else
			out.push({ text: run.text, same });
	}
	return out;
}

// What differs within two lines: [left, right], each [{text, same}].
export function diffWords(left, right) {
	const a = words(left), b = words(right);

	if (a.length > wordsMax || b.length > wordsMax)
		return [[{ text: left, same: false }],
			[{ text: right, same: false }]];
	const pairs = common(a, b);

	return [joined(runs(a, new Set(pairs.map(([i]) => i)))),
		joined(runs(b, new Set(pairs.map(([, j]) => j))))];
}

// ---- lines ------------------------------------------------------------------

// The lines of a text.  A long one (some programs write a whole document as
// one line) is cut between two tags, or behind the end of a sentence.
export function linesOf(text) {
	const lines = text.split(/\r\n|\n|\r/);

	if (lines.at(-1) === "")
		lines.pop();
	return lines.flatMap((line) => line.length <= longLine ? [line]
	    : line.split(/(?<=>)(?=<[^/])|(?<=<\/[^<>]*>)(?=<\/)|(?<=[.;] )/));
}

const isWord = (token) => /[\p{L}\p{N}]/u.test(token);

// How much two lines share: 0 to 1 (Dice's coefficient of their words).
function likeness(a, b) {
	const left = new Map();
	let shared = 0;

	if (!a.length || !b.length)
		return a.length === b.length ? 1 : 0;
	for (const word of a)
		left.set(word, (left.get(word) ?? 0) + 1);
	for (const word of b) {
		const n = left.get(word) ?? 0;

		if (n > 0) {
			shared++;
			left.set(word, n - 1);
		}
	}
	return 2 * shared / (a.length + b.length);
}

// Which of the old lines became which of the new ones, as pairs: those whose
// likeness sums up to the most, in order.
function becomes(left, right) {
	const n = left.length, m = right.length, pairs = [];

	if (!n || !m || n * m > cells)
		return pairs;
	const a = left.map((l) => words(l).filter(isWord));
	const b = right.map((l) => words(l).filter(isWord));
	const like = a.map((x) => b.map((y) => likeness(x, y)));
	const best = Array.from({ length: n + 1 }, () =>
	    new Float64Array(m + 1));

	for (let i = n - 1; i >= 0; i--)
		for (let j = m - 1; j >= 0; j--)
			best[i][j] = Math.max(best[i + 1][j], best[i][j + 1],
			    like[i][j] >= alike
			        ? like[i][j] + best[i + 1][j + 1] : 0);
	for (let i = 0, j = 0; i < n && j < m;) {
		if (like[i][j] >= alike &&
		    best[i][j] === like[i][j] + best[i + 1][j + 1])
			pairs.push([i++, j++]);
		else if (best[i][j] === best[i + 1][j])
			i++;
		else
			j++;
	}
	return pairs;
}

const line = (lines, i) => ({ n: i + 1, text: lines[i] });

// Lines that went and came: beside each other where one became the other,
// and otherwise as they stand.
function changed(a, i0, i1, b, j0, j1, rows) {
	const pairs = becomes(a.slice(i0, i1), b.slice(j0, j1))
	    .map(([i, j]) => [i + i0, j + j0]);
	let i = i0, j = j0;

	for (const [x, y] of [...pairs, [i1, j1]]) {
		while (i < x || j < y) {
			const left = i < x ? line(a, i++) : null;
			const right = j < y ? line(b, j++) : null;

			rows.push({ kind: left && right ? "replaced"
			    : left ? "removed" : "added", left, right });
		}
		if (x < i1 && y < j1) {
			rows.push({ kind: "changed", left: line(a, i++),
				right: line(b, j++) });
		}
	}
}

// The rows of the two texts beside each other: {kind, left, right}; kind is
// "same", "changed" (one line became the other), "replaced" (two that have
// nothing to do with each other), "removed" or "added"; a side is {n, text},
// or null.
export function diffLines(leftText, rightText) {
	const a = linesOf(leftText), b = linesOf(rightText);
	const rows = [];
	let i = 0, j = 0;

	for (const [x, y] of [...common(a, b), [a.length, b.length]]) {
		changed(a, i, x, b, j, y, rows);
		if (x < a.length) {
			rows.push({ kind: "same", left: line(a, x),
				right: line(b, y) });
		}
		i = x + 1;
		j = y + 1;
	}
	return rows;
}

// Where it differs: [from, to) of rows that follow each other.
export function differences(rows) {
	const found = [];

	rows.forEach((row, i) => {
		if (row.kind === "same")
			return;
		if (found.length && found.at(-1).to === i)
			found.at(-1).to = i + 1;
		else
			found.push({ from: i, to: i + 1 });
	});
	return found;
}
