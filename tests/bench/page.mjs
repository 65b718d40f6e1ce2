// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// How soon the page is there, and how smoothly it scrolls; tests/bench/page runs
// this and prints its rows.
//
// Metrics are Lighthouse's, from the browser's own entries: FCP and LCP; TBT,
// what tasks between FCP and TTI take beyond 50 ms each; CLS, the worst second of
// layout shifts; TTI, the end of the last long task before five seconds without
// one, and with two requests under way at most.  Beside these "shown": when the
// first documents stand there.

import { act, kind, open, sleep } from "../browser/kit.mjs";

const quick = Boolean(process.env.STEMMA_QUICK);
const many = quick ? 1000 : 10000;
const veryMany = quick ? 10000 : 100000;
const times = quick ? 2 : 5;
const quiet = 5000;             // ms without a long task: that is TTI
const frames = 240;
const step = 400;               // pixels in a frame: six documents

// Lighthouse's desktop: what it slows the line down to.
const desktop = { offline: false, latency: 40,
	downloadThroughput: 10240 * 1024 / 8, uploadThroughput: 10240 * 1024 / 8 };

const row = (what, want, got, good) =>
    console.log(`row ${JSON.stringify({ what, want, got, good })}`);

const sorted = (list) => [...list].sort((a, b) => a - b);
const median = (list) => sorted(list)[Math.floor(list.length / 2)];
const at = (list, part) => sorted(list)[Math.floor((list.length - 1) * part)];

// ---- loading ------------------------------------------------------------------

// In the page, before anything of its own.
function watch() {
	const seen = { long: [], shifts: [], lcp: 0, shown: 0 };
	const on = (type, f) => new PerformanceObserver((list) =>
	    list.getEntries().forEach(f)).observe({ type, buffered: true });

	window.seen = seen;
	on("longtask", (e) => seen.long.push([e.startTime, e.duration]));
	on("largest-contentful-paint", (e) => {
		seen.lcp = e.startTime;
	});
	on("layout-shift", (e) => e.hadRecentInput ||
	    seen.shifts.push([e.startTime, e.value]));
	new MutationObserver((list, observer) => {
		if (!document.querySelector(".docs .title"))
			return;
		seen.shown = performance.now();
		observer.disconnect();
	}).observe(document, { childList: true, subtree: true });
}

function collect() {
	const entries = [...performance.getEntriesByType("navigation"),
		...performance.getEntriesByType("resource")];
	const fcp = performance.getEntriesByName("first-contentful-paint")[0]
	    .startTime;

	return { ...window.seen, fcp,
		bytes: entries.filter((e) => e.responseEnd <= fcp)
		    .reduce((n, e) => n + e.transferSize, 0),
		all: entries.reduce((n, e) => n + e.transferSize, 0),
		requests: entries.map((e) => [e.startTime, e.responseEnd]) };
}

// The stream is a request that never ends; it is none of two.
function interactive({ fcp, long, requests }) {
	const ends = [fcp, ...long.map(([start, ms]) => start + ms),
		...requests.map(([, end]) => end)].filter((t) => t >= fcp);
	const busy = (t) => requests.filter(([start, end]) =>
	    start < t + quiet && end > t).length > 2;
	const isQuiet = (t) => !busy(t) && !long.some(([start, ms]) =>
	    start + ms > t && start < t + quiet);
	const begin = sorted(ends).find(isQuiet) ?? Infinity;

	return Math.max(fcp, ...long.map(([start, ms]) => start + ms)
	    .filter((t) => t <= begin));
}

const blocked = ({ fcp, long }, tti) => long
    .filter(([start]) => start >= fcp && start < tti)
    .reduce((n, [, ms]) => n + Math.max(0, ms - 50), 0);

// A window of shifts lasts five seconds at most, and ends after one without.
function shifted({ shifts }) {
	let worst = 0, sum = 0, first = -Infinity, last = -Infinity;

	for (const [time, value] of shifts) {
		if (time - last > 1000 || time - first > 5000) {
			sum = 0;
			first = time;
		}
		last = time;
		sum += value;
		worst = Math.max(worst, sum);
	}
	return worst;
}

async function loadOnce(address, line) {
	const page = await open("", { motion: "no-preference" });
	const client = await page.context().newCDPSession(page);

	await page.addInitScript(watch);
	await page.goto("about:blank");
	await client.send("Network.enable");
	await client.send("Network.setCacheDisabled", { cacheDisabled: true });
	if (line)
		await client.send("Network.emulateNetworkConditions", line);
	await page.goto(address);
	if (!/bare/.test(address))
		await page.waitForFunction(() => window.seen.shown);
	await sleep(quiet + 1500);
	const seen = await page.evaluate(collect);
	const tti = interactive(seen);

	await page.context().close();
	return { fcp: seen.fcp, lcp: seen.lcp, tbt: blocked(seen, tti),
		cls: shifted(seen), tti, shown: seen.shown, bytes: seen.bytes,
		all: seen.all };
}

async function load(address, line = null) {
	const runs = [];

	for (let i = 0; i < times; i++)
		runs.push(await loadOnce(address, line));
	return Object.fromEntries(Object.keys(runs[0]).map((name) =>
	    [name, median(runs.map((run) => run[name]))]));
}

const ms = (n) => `${Math.round(n)} ms`;
const told = (m) => [`FCP ${ms(m.fcp)}`, `LCP ${ms(m.lcp)}`,
	`TBT ${ms(m.tbt)}`, `CLS ${m.cls.toFixed(3)}`, `TTI ${ms(m.tti)}`,
	m.shown && `shown ${ms(m.shown)}`,
	`${Math.round(m.bytes / 1000)} kB until the first paint`,
	`${Math.round(m.all / 1000)} kB in all`]
    .filter(Boolean).join(", ");

async function loads(address) {
	const want = "shown and TTI within 1 s, TBT 0, CLS below 0.1, " +
	    "100 kB until the first paint";

	for (const [name, line] of [["as it is", null],
		["over Lighthouse's desktop line (10 Mbit/s, 40 ms)", desktop]]) {
		const bare = await load(new URL("bare.html", address).href, line);
		const ours = await load(address, line);

		row(`the library of ${many} documents, ${name}`, want,
		    `${told(ours)}\n    bare page: ${told(bare)}`,
		    ours.shown < 1000 && ours.tti < 1000 && ours.tbt < 50 &&
		    ours.cls < 0.1 && ours.bytes < 100000);
	}
}

// ---- scrolling -------------------------------------------------------------------

// The page itself, with as many pixels and nothing in them.
function scrollBare(height) {
	const box = document.createElement("div");

	box.style.height = `${height}px`;
	document.body.append(box);
}

const scrollFrames = ([n, pixels]) => new Promise((done) => {
	const list = [];
	let last = performance.now();
	const next = (now) => {
		list.push(now - last);
		last = now;
		scrollBy(0, pixels);
		if (list.length < n)
			requestAnimationFrame(next);
		else
			done(list.slice(1));
	};

	scrollTo(0, document.documentElement.scrollHeight / 3);
	requestAnimationFrame(next);
});

async function scrolled(page) {
	const client = await page.context().newCDPSession(page);
	const spent = async () => (await client.send("Performance.getMetrics"))
	    .metrics.find((m) => m.name === "TaskDuration").value * 1000;

	await client.send("Performance.enable");
	const before = await spent();
	const list = await page.evaluate(scrollFrames, [frames, step]);

	return { list, work: (await spent() - before) / frames };
}

const smooth = ({ list, work }) => `median ${median(list).toFixed(1)} ms, ` +
    `95 of 100 within ${at(list, 0.95).toFixed(1)} ms, the longest ` +
    `${Math.max(...list).toFixed(1)} ms; work in each ${work.toFixed(1)} ms`;

async function scrolls() {
	await act("fill", "ben", veryMany);
	const where = await act("web_of", "ben", kind);
	const page = await open("", { where, motion: "no-preference" });

	await page.locator(".docs .title").first().waitFor();
	await page.waitForFunction((n) => document.documentElement.scrollHeight >
	    n * 60, veryMany, { timeout: 60000 });
	await sleep(1000);
	const ours = await scrolled(page);
	const other = await open("", { where, motion: "no-preference" });

	await other.goto(new URL("bare.html", where).href);
	await other.evaluate(scrollBare, veryMany * 68);
	const bare = await scrolled(other);

	row(`scrolling through ${veryMany} documents, ${frames} frames of ${
		step} pixels`, "95 of 100 frames within 20 ms, work below 16 ms",
	`${smooth(ours)}\n    bare page: ${smooth(bare)}`,
	at(ours.list, 0.95) < 20 && ours.work < 16);
	await page.context().close();
	await other.context().close();
}

await act("fill", "anna", many);
await loads(process.env.STEMMA_PAGE);
await scrolls();
console.log("end");
process.exit(0);
