// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What scripts that drive the page share.  page.py starts them.
//
//	import { act, check, equal, looks, open, run, test } from "./kit.mjs";
//
//	test("a document that was added is shown", async () => {
//		await act("add_pdf", "anna", "letter-1", "A letter");
//		const page = await open("#/library");
//		await page.getByText("letter-1").waitFor();
//	});
//	await run();
//
// Pages that a test opens are closed behind it.  A test fails when its page
// says an error, breaks its Content-Security-Policy, or asks another host.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import fs from "node:fs";
import path from "node:path";
import util from "node:util";

const require = createRequire(path.join(process.env.STEMMA_NODE_MODULES,
    "kit.js"));
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

export const address = process.env.STEMMA_PAGE;
export const work = process.env.STEMMA_WORK;
export const kind = process.env.STEMMA_KIND;
export const hasVendor = Boolean(process.env.STEMMA_VENDOR);
const shots = process.env.STEMMA_SHOTS;
const patience = 15000;
const maxRetries = 2;   // of a connection that was kept, and just closed

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 360, height: 740 };

// ---- what happens outside the browser -------------------------------------

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let asking = Promise.resolve();

// Has page.py do something; answers what that answered.
export function act(name, ...args) {
	const asked = asking.then(async () => {
		process.stdout.write(`do ${JSON.stringify({ act: name, args })}\n`);
		const { value: line } = await answers.next();
		const { value, error } = JSON.parse(line);

		if (error)
			throw new Error(error);
		return value;
	});

	asking = asked.catch(() => {});
	return asked;
}

// ---- facts ------------------------------------------------------------------

export function check(fact, text) {
	if (!fact)
		throw new Error(text);
}

export function equal(got, want, text) {
	if (!util.isDeepStrictEqual(got, want))
		throw new Error(`${text}: got ${util.inspect(got)}, ` +
		    `want ${util.inspect(want)}`);
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Waits until f() answers something true, and answers that.
export async function until(f, what, ms = patience) {
	const end = Date.now() + ms;

	for (;;) {
		const value = await f();

		if (value)
			return value;
		check(Date.now() < end, `not in ${ms / 1000} s: ${what}`);
		await sleep(30);
	}
}

// ---- the browser --------------------------------------------------------------

let browser = null;
let opened = [];        // contexts of the test that runs
const cookies = {};     // by user and place: one sign-in for each

export async function start() {
	browser ??= await chromium.launch({
		executablePath: process.env.CHROMIUM,
		args: ["--no-sandbox", "--disable-dev-shm-usage"] });
	return browser;
}

async function sign(context, user, where) {
	const key = `${user} ${where}`;

	if (cookies[key]) {
		await context.addCookies(cookies[key]);
		const known = await context.request.get(
		    new URL("api/v1/auth/status", where).href, { maxRetries });
		if (known.ok())
			return;
	}
	const answer = await context.request.post(
	    new URL("api/v1/auth/login", where).href,
	    { data: { username: user, password: user }, maxRetries });

	check(answer.ok(), `${user} cannot sign in: ${await answer.text()}`);
	cookies[key] = await context.cookies();
}

function isOurs(url, where) {
	// The browser's own viewer of PDFs is no host.
	return /^(data|blob|about|chrome|chrome-extension):/.test(url) ||
	    new URL(url).origin === new URL(where).origin;
}

// What the page must not do.  `allow` is a RegExp of messages that are meant
// to come, such as a refused request's.
function watch(page, where, allow) {
	page.problems = [];
	const note = (text) => {
		if (!page.isMeasured && !allow?.test(text))
			page.problems.push(text);
	};

	page.on("pageerror", (error) => note(`error: ${error.message}`));
	page.on("console", (message) => {
		// Chromium tells each answer of 4xx and 5xx this way.
		if (message.type() === "error" &&
		    !/Failed to load resource/.test(message.text()))
			note(`console: ${message.text()}`);
	});
	page.on("request", (request) => {
		if (!isOurs(request.url(), where))
			note(`asks another host: ${request.url()}`);
	});
}

// A page of its own, signed in.
//	user     null: nobody
//	scheme   "light" or "dark"
//	where    the address of another replica's page
//	context  a page's context(): one more tab of the same browser
export async function open(hash = "", { user = "admin", scheme = "light",
    size = desktop, locale = "en-GB", timezone = "Europe/Berlin",
    motion = "reduce", where = address, allow = null, context = null } = {}) {
	if (!context) {
		context = await (await start()).newContext({ viewport: size,
			colorScheme: scheme, locale, timezoneId: timezone,
			reducedMotion: motion, acceptDownloads: true });
		opened.push(context);
		context.setDefaultTimeout(patience);
		if (user)
			await sign(context, user, where);
	}
	const page = await context.newPage();

	watch(page, where, allow);
	await page.goto(new URL(hash, where).href);
	await page.locator(user ? ".top nav" : "main > *").first().waitFor();
	return page;
}

// ---- how it looks ---------------------------------------------------------------

// Styles that a measurement brings with it are no fault of the page, though its
// policy refuses them; Chromium says so a moment later.
async function measuring(page, f) {
	page.isMeasured = true;
	try {
		return await f();
	} finally {
		await sleep(100);
		page.isMeasured = false;
	}
}

async function findViolations(selector) {
	const { violations } = await window.axe.run(selector ?? document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa",
			"wcag22aa", "best-practice"] });

	return violations.map((v) => `${v.id}: ${v.help}: ` +
	    v.nodes.slice(0, 3).map((n) =>
	        `${n.target} ${n.any[0]?.message ?? ""}`).join(" | "))
	    .join("\n");
}

// What axe finds in the page, as text; "" is nothing.
export async function axe(page, within = null) {
	return measuring(page, async () => {
		await page.evaluate(axeSource);
		return page.evaluate(findViolations, within);
	});
}

// Kept only where STEMMA_SHOTS says.
export async function screenshot(page, name, options = {}) {
	if (!shots)
		return;
	fs.mkdirSync(shots, { recursive: true });
	await measuring(page, () => page.screenshot({
		path: path.join(shots, `${name}.png`), ...options }));
}

// Nothing may stick out to the right.
export async function fits(page) {
	const [wide, room] = await page.evaluate(() => [
		document.documentElement.scrollWidth,
		document.documentElement.clientWidth]);

	check(wide <= room, `${wide} px wide in a window of ${room}`);
}

// A view in light, in dark and on a phone: axe finds nothing, all fits, and
// each leaves a screenshot.  `ready(page)` waits until there is something to
// see.
export async function looks(name, hash, ready, options = {}) {
	const ways = [["light", "light", desktop], ["dark", "dark", desktop],
		["phone", "light", phone],
		["small", "dark", { width: 320, height: 640 }],
		["wide", "light", { width: 2560, height: 1440 }]];

	for (const [way, scheme, size] of ways) {
		const page = await open(hash, { ...options, scheme, size });

		await ready(page);
		await fits(page);
		equal(await axe(page), "", `axe, ${way}`);
		await screenshot(page, `${name}-${way}`);
		equal(page.problems, [], way);
		await page.context().close();
	}
}

// ---- the runner -------------------------------------------------------------------

const tests = [];
const isReduced = Boolean(process.env.STEMMA_REDUCED);
const only = (process.env.STEMMA_ONLY ?? "").split("\n").filter(Boolean);

export function test(name, f) {
	tests.push({ name: `${name}[${kind}]`, f });
}

// One that the web server has a part in: it runs behind each kind of them,
// others behind the first alone.
export function everywhere(name, f) {
	tests.push({ name: `${name}[${kind}]`, f, isEverywhere: true });
}

export class Skip extends Error {}

// What a failed test leaves to look at.
async function remember(name) {
	const folder = process.env.STEMMA_FAILED ?? path.join(work, "failed");
	let n = 0;

	fs.mkdirSync(folder, { recursive: true });
	for (const context of opened) {
		for (const page of context.pages()) {
			const file = path.join(folder,
			    `${name.replace(/\W+/g, "-")}-${++n}.png`);

			await measuring(page,
			    () => page.screenshot({ path: file }))
			    .catch(() => {});
			console.log(`at the end ${page.url()}: ${file}`);
			for (const problem of page.problems ?? [])
				console.log(problem);
		}
	}
}

function problems() {
	return opened.flatMap((context) => context.pages())
	    .flatMap((page) => page.problems ?? []);
}

async function one({ name, f }) {
	const begun = Date.now();

	try {
		await f();
		equal(problems(), [], "the page's problems");
		console.log(`ok ${name}`);
	} catch (error) {
		const why = util.stripVTControlCharacters(String(error.message))
		    .split("\n").map((line) => line.trim()).filter(Boolean);

		if (error instanceof Skip) {
			console.log(`skip ${name}: ${why[0]}`);
		} else {
			await remember(name);
			console.log((error.stack ?? "").split("\n")
			    .filter((line) => /\.mjs:/.test(line)).join("\n"));
			console.log(`not ok ${name}: ${why.join(" / ")}`);
		}
	}
	if (Date.now() - begun > 10000)
		console.log(`${name} took ${(Date.now() - begun) / 1000} s`);
	await Promise.all(opened.map((context) =>
	    context.close().catch(() => {})));
	opened = [];
}

// Runs all of them, in order.
export async function run() {
	for (const t of tests) {
		if ((t.isEverywhere || !isReduced) && (!only.length ||
		    only.some((part) => t.name.includes(part))))
			await one(t);
	}
	await browser?.close();
	console.log("end");
	process.exit(0);
}
