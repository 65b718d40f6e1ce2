// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The library: what a person sees and does there.

import fs from "node:fs";
import path from "node:path";
import { act, address, check, equal, everywhere, hasVendor, looks, open, phone,
	run, screenshot, Skip, sleep, test, until, work } from "./kit.mjs";

const row = (page, text) => page.locator(".docs > li", { hasText: text });
const first = (page) => page.locator(".docs > li .title").first();
const count = (page) => page.locator(".count");
const titles = (page) => page.locator(".docs > li .title").allTextContents();

async function library(options = {}) {
	const page = await open(options.hash ?? "#/library", options);

	await first(page).waitFor();
	return page;
}

async function choose(page, text, item) {
	await row(page, text).getByRole("button").click();
	await page.getByRole("menuitem", { name: item }).click();
}

const pdfOf = (text) => `%PDF-1.4\n% ${text}\n%%EOF\n`;

function files(folder, list) {
	const top = path.join(work, folder);

	for (const [name, text] of Object.entries(list)) {
		fs.mkdirSync(path.dirname(path.join(top, name)),
		    { recursive: true });
		fs.writeFileSync(path.join(top, name), text);
	}
	return Object.keys(list).map((name) => path.join(top, name));
}

async function upload(page, list) {
	const chooser = page.waitForEvent("filechooser");

	await page.getByRole("button", { name: "Upload files" }).click();
	await (await chooser).setFiles(list);
}

// ---- how it looks ------------------------------------------------------------------

test("the library in every look has no fault", async () => {
	await looks("library", "#/library", (page) => first(page).waitFor());
});

test("the trash in every look has no fault", async () => {
	const id = await act("add_pdf", "anna", "to-be-deleted", "Gone");

	await act("stemma", "anna", "rm", id);
	await looks("trash", "#/library/trash", (page) =>
	    page.getByText("to-be-deleted").first().waitFor());
});

test("dialogs and the menu have no fault", async () => {
	const page = await library({ size: phone });
	const { axe } = await import("./kit.mjs");

	for (const name of ["Rename …", "Collections …", "Metadata …"]) {
		await row(page, "play-5").getByRole("button").click();
		equal(await axe(page, ".menu"), "", "the menu");
		await page.getByRole("menuitem", { name }).click();
		await page.getByRole("dialog").waitFor();
		equal(await axe(page, "dialog"), "", name);
		await screenshot(page, `library-${name.split(" ")[0]}-phone`);
		await page.getByRole("button", { name: "Cancel" }).click();
	}
});

test("in German too", async () => {
	const page = await open("#/library", { locale: "de-DE" });

	await page.getByRole("heading", { name: "Bibliothek" }).waitFor();
	await page.getByText("Im Konflikt").first().waitFor(
	    { state: "attached" });
	await screenshot(page, "library-german");
});

// ---- what is shown -------------------------------------------------------------------

test("a row tells records, collections, state and gold", async () => {
	const page = await library();
	const sample = row(page, "aldous-1803-05-09");

	equal(await sample.locator(".tag").allTextContents(), ["PDF", "TEI"],
	    "records");
	await row(page, "The Tempest, a fair copy").getByText("Plays").waitFor();
	await row(page, "play-2").getByText("Gold").waitFor();
	await row(page, "play-3").getByText("Conflict").waitFor();
	await row(page, "play-4").getByText("To send").waitFor();
	await row(page, "play-5").getByText("In step").waitFor();
});

test("whoever comes back is where they were", async () => {
	const page = await library({ size: { width: 900, height: 400 } });

	await page.evaluate(() => scrollTo(0, 240));
	await page.evaluate(() => new Promise(requestAnimationFrame));
	await row(page, "play-3").locator(".title").click();
	await page.waitForURL(/#\/document\//);
	await page.goBack();
	await first(page).waitFor();
	await until(() => page.evaluate(() => Math.abs(scrollY - 240) < 60),
	    "at the same place");
});

// The bytes of what answers `which`: as they were sent, and unpacked.
async function weigh(page, which) {
	const entries = await page.evaluate(() => [
		...performance.getEntriesByType("navigation"),
		...performance.getEntriesByType("resource"),
	].map((e) => [new URL(e.name).pathname, e.transferSize,
		e.decodedBodySize]));
	const some = entries.filter(([name]) => which.test(name));

	check(some.length, `nothing is ${which}`);
	return [some.reduce((n, [, sent]) => n + sent, 0),
		some.reduce((n, [,, size]) => n + size, 0), some.length];
}

// What the first paint waits for is little even where nothing is compressed;
// all that is fetched until the documents stand there, where it is.
everywhere("little is loaded for the first paint", async () => {
	const first = /\/(?:|app\.css|view-(?:library\.css|top\.js)|(?:app|api|dom|events|i18n|session|standing|ui)\.js|lang\/..\.js)$/;

	for (const locale of ["en-GB", "de-DE"]) {
		const page = await library({ locale });
		const [sent, size, n] = await weigh(page, first);
		const [all, unpacked, of] = await weigh(page, /./);

		check(n === 13, `${n} files are waited for`);
		console.log(`first paint, ${locale}: ${sent} bytes in ${n} ` +
		    `files, ${size} unpacked; all: ${all} in ${of}, ` +
		    `${unpacked} unpacked`);
		check(size < 100000, `${size} bytes for the first paint`);
		check(all < 100000, `${all} bytes for all of it`);
	}
});

test("a conflict's sign leads to it", async () => {
	const page = await library();
	const href = await row(page, "play-3").getByRole("link",
	    { name: "Conflict" }).getAttribute("href");

	check(/^#\/conflicts\/\w{6,12}$/.test(href), href);
});

test("who edits a document is named", async () => {
	const page = await library({ user: "admin" });
	const other = await open("#/library", { user: "reviewer" });
	const id = await row(page, "play-6").locator(".title")
	    .getAttribute("href").then((h) => h.split("/").pop());
	const origin = new URL(address).origin;
	const answer = await other.context().request.post(
	    new URL("api/v1/files/acquire_lock", address).href,
	    { data: { file_id: id }, headers: { Origin: origin } });

	equal(answer.status(), 200, "the lock");
	await page.reload();
	await row(page, "play-6").getByText("reviewer is editing").waitFor();
	await screenshot(page, "library-editing");
});

// ---- finding ----------------------------------------------------------------------------

test("what is typed is searched for at once", async () => {
	const page = await library();

	await page.keyboard.press("/");
	await page.keyboard.type("temp", { delay: 30 });
	await until(async () => (await titles(page)).join() ===
	    "The Tempest, a fair copy", "one is found");
	equal(await count(page).textContent(), "1 document", "count");
	await page.getByRole("searchbox").fill("nothing like that");
	await page.getByText("Nothing found").waitFor();
	await page.getByRole("button", { name: "Show all documents" }).click();
	await row(page, "play-5").waitFor();
});

test("filters and orders are the server's", async () => {
	const page = await library();
	const select = (name, value) => page.getByRole("combobox", { name,
		exact: true }).selectOption(value);

	await page.getByRole("option", { name: /^Plays \(7\)/ }).waitFor(
	    { state: "attached" });
	await select("Collection", "Plays");
	await until(async () => (await titles(page)).length === 7, "seven plays");
	await select("State", "conflict");
	await until(async () => (await titles(page)).join() === "play-3",
	    "the conflict");
	await select("State", "");
	await select("Order", "name");
	await until(async () => (await titles(page))[1] === "play-2",
	    "by name");
	await select("Order", "changed");
	await until(async () => (await titles(page))[0] === "play-4",
	    "by change");
});

// ---- changing ------------------------------------------------------------------------------

test("a document is renamed", async () => {
	const page = await library();

	await choose(page, "play-5", "Rename …");
	await page.getByRole("textbox", { name: "Label" }).fill("Der fünfte <b>Akt</b>");
	await page.keyboard.press("Enter");
	await row(page, "Der fünfte <b>Akt</b>").waitFor();
	equal((await Object.values(await act("records", "anna"))
	    .find((r) => r.doc_id === "play-5")).label,
	"Der fünfte <b>Akt</b>", "the record");
});

test("collections are chosen, and made", async () => {
	const page = await library();

	await choose(page, "brenner-1803-04-17", "Collections …");
	await page.getByLabel("Plays").check();
	await page.getByLabel("A new collection").fill("Briefe ä");
	await page.getByRole("button", { name: "Save" }).click();
	await row(page, "brenner-1803-04-17").getByText("Briefe ä").waitFor();
	await row(page, "brenner-1803-04-17").getByText("Plays").waitFor();
	await page.getByRole("option", { name: "Briefe ä (1)" }).waitFor(
	    { state: "attached" });
});

test("metadata are edited, and what is no text stays", async () => {
	const page = await library();
	const records = await act("records", "anna");
	const record = Object.values(records).find((r) =>
	    r.filename === "play-6.tei.xml");

	await act("stemma", "anna", "set", record.stable_id,
	    "meta.scenes=[1,2.50,3]");
	await choose(page, "play-6", "Metadata …");
	await page.getByLabel("Value of title").fill("Sixth");
	await page.getByLabel("Value of author").fill("A. Nonymous");
	await page.getByRole("button", { name: "Save" }).click();
	await row(page, "Sixth").waitFor();
	const after = (await act("records", "anna"))[record.stable_id];

	equal(after.doc_metadata.author, "A. Nonymous", "author");
	equal(after.doc_metadata.scenes, [1, 2.5, 3], "scenes");
});

test("a wrong value is said in the dialog, and nothing is lost", async () => {
	const page = await library();

	await choose(page, "Sixth", "Metadata …");
	await page.getByLabel("Value of author").fill("Somebody");
	await page.getByLabel("Value of scenes").fill("[1,");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("This value was JSON").waitFor();
	equal(await page.getByLabel("Value of author").inputValue(), "Somebody",
	    "what was typed");
	await page.keyboard.press("Escape");
});

test("a deleted document comes back by undo", async () => {
	const page = await library();

	await choose(page, "aldous-1803-05-09", "Delete");
	await until(async () => !(await titles(page))
	    .includes("aldous-1803-05-09"), "it is gone");
	await page.getByRole("button", { name: "Undo" }).click();
	await row(page, "aldous-1803-05-09").waitFor();
	equal(await row(page, "aldous-1803-05-09").locator(".tag")
	    .allTextContents(), ["PDF", "TEI"], "all of it");
});

test("what is in the trash is restored", async () => {
	const page = await library();

	await choose(page, "play-7", "Delete");
	await page.getByRole("link", { name: "Trash" }).click();
	await page.getByRole("button", { name: "Restore play-7.tei.xml" })
	    .click();
	await page.getByText("is back").waitFor();
	await page.getByRole("link", { name: "Library" }).last().click();
	await row(page, "play-7").waitFor();
});

test("who may only read is offered no change", async () => {
	const page = await library({ user: "user" });

	equal(await page.getByRole("button", { name: "Upload" }).count(), 0,
	    "upload");
	await row(page, "play-7").getByRole("button").click();
	equal(await page.getByRole("menuitem", { name: "Delete" }).count(), 0,
	    "delete");
});

// ---- opening ------------------------------------------------------------------------------

everywhere("a TEI is shown where it can do nothing, and downloaded", async () => {
	const page = await library();
	const opened = page.context().waitForEvent("page");

	await row(page, "play-7").getByRole("link", { name: "TEI" }).click();
	const tab = await opened;

	await tab.waitForURL(/\/files\//);
	const answer = await page.context().request.get(tab.url());

	check(/sandbox/.test(answer.headers()["content-security-policy"]),
	    "a sandbox");
	await tab.close();
	const download = page.waitForEvent("download");

	await choose(page, "play-7", "Download TEI");
	equal((await download).suggestedFilename(), "play-7.tei.xml", "name");
});

// ---- while others work ------------------------------------------------------------------------

everywhere("what others do is shown, and the focus stays", async () => {
	const page = await library();

	await row(page, "brenner-1803-06-28").locator(".title").focus();
	const other = await open("#/library", { user: "annotator" });

	await upload(other, files("live", {
		"live-1.pdf": pdfOf("live 1") }));
	await row(page, "live-1").waitFor();
	equal(await page.evaluate(() => document.activeElement.textContent),
	    "brenner-1803-06-28", "the focus");
});

test("the keyboard alone goes through the list", async () => {
	const page = await library();
	const focused = () => page.evaluate(() =>
	    document.activeElement.textContent);

	await first(page).focus();
	await page.keyboard.press("ArrowDown");
	equal(await focused(), (await titles(page))[1], "the second");
	await page.keyboard.press("End");
	equal(await focused(), (await titles(page)).at(-1), "the last");
	await page.keyboard.press("Home");
	equal(await focused(), (await titles(page))[0], "the first");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Shift+Tab");
	await row(page, "play-7").getByRole("button").focus();
	await page.keyboard.press("Enter");
	await page.getByRole("menu").waitFor();
	await page.keyboard.press("ArrowUp");
	equal(await focused(), "Delete", "the menu's last");
	await page.keyboard.press("Escape");
	await until(async () => await focused() === "⋯", "back at the button");
});

// ---- uploading -----------------------------------------------------------------------------------

everywhere("a PDF and its TEI come together", async () => {
	const page = await library();
	const xml = "<TEI xmlns='http://www.tei-c.org/ns/1.0'><teiHeader/>" +
	    "<text><body><p>Two.</p></body></text></TEI>";

	await upload(page, files("pair", { "two.pdf": pdfOf("two"),
		"two.tei.xml": xml }));
	await page.getByText("2 of 2 files").first().waitFor();
	await until(async () => (await row(page, "two").locator(".tag")
	    .allTextContents()).join() === "PDF,TEI", "one document");
});

test("what is refused is told, each with its reason", async () => {
	const page = await library();

	await upload(page, files("bad", { "empty.pdf": "", "word.doc": "hello",
		"broken.xml": "<a><b></a>", "good.pdf": pdfOf("good") }));
	await page.getByText("3 refused").first().waitFor();
	await page.getByText("The file is empty.").waitFor();
	await page.getByText("It is neither a PDF nor XML.").first().waitFor();
	await page.getByText("It is XML, but not well-formed").waitFor();
	await page.getByLabel("Only what was refused").check();
	equal(await page.locator(".uploads-rows > li").count(), 3, "three");
	await screenshot(page, "upload-refused");
	await page.getByRole("button", { name: "Close" }).last().click();
	await page.locator(".uploads").waitFor({ state: "hidden" });
});

test("files go into the collection that is shown", async () => {
	const page = await library();

	await page.getByRole("option", { name: /^Plays/ }).waitFor(
	    { state: "attached" });
	await page.getByRole("combobox", { name: "Collection" })
	    .selectOption("Plays");
	await upload(page, files("into", { "into.pdf": pdfOf("into") }));
	await row(page, "into").getByText("Plays").waitFor();
});

// A drop as the browser would make it.
async function drop(page, list) {
	const transfer = await page.evaluateHandle((all) => {
		const data = new DataTransfer();

		for (const [name, text] of all)
			data.items.add(new File([text], name));
		return data;
	}, list);

	for (const name of ["dragenter", "dragover", "drop"])
		await page.dispatchEvent("main", name, { dataTransfer: transfer });
}

test("files are dropped anywhere", async () => {
	const page = await library();

	await drop(page, [["dropped-1.pdf", pdfOf("d1")],
		["dropped-2.pdf", pdfOf("d2")]]);
	await page.getByText("2 of 2 files").first().waitFor();
	await row(page, "dropped-2").waitFor();
	equal(await page.locator(".curtain").isVisible(), false, "curtain");
});

test("a folder is chosen with all that is in it", async () => {
	const page = await library();
	const chooser = page.waitForEvent("filechooser");

	files("folder", { "a/one-in.pdf": pdfOf("in 1"),
		"a/b/two-in.pdf": pdfOf("in 2"), ".hidden": "x" });
	await page.getByRole("button", { name: "Upload a folder" }).click();
	await (await chooser).setFiles(path.join(work, "folder"));
	await page.getByText("2 of 2 files").first().waitFor();
	await page.getByText("folder/a/b/two-in.pdf").waitFor();
});

everywhere("a large file goes on after a break", async () => {
	if (!hasVendor)
		throw new Skip("no tus: tools/www-modules fetches it");
	const page = await library();
	const size = 24 << 20;
	const [big] = files("big", { "big.pdf": pdfOf("big") });
	const begun = [], asked = [], offsets = [];

	fs.truncateSync(big, size);
	page.on("request", (request) => {
		if (!/uploads/.test(request.url()))
			return;
		if (request.method() === "POST")
			begun.push(request.url());
		if (request.method() === "HEAD")
			asked.push(request.url());
		if (request.method() === "PATCH")
			offsets.push(Number(request.headers()["upload-offset"]));
	});
	const client = await page.context().newCDPSession(page);

	await client.send("Network.enable");
	await client.send("Network.emulateNetworkConditions", { offline: false,
		latency: 0, downloadThroughput: -1, uploadThroughput: 8 << 20 });
	await upload(page, [big]);
	await until(async () => await page.locator(".uploads-rows progress")
	    .evaluate((bar) => bar.value > (10 << 20)), "some of it is sent");
	await act("stop_web");
	await page.locator(".uploads-rows .dot.waiting").waitFor();
	await client.send("Network.emulateNetworkConditions", { offline: false,
		latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
	await act("start_web");
	await page.getByText("1 of 1 file").first().waitFor();
	equal(begun.length, 1, "begun once");
	check(asked.length > 0 && offsets.at(-1) > 0,
	    `asked ${asked.length} times, sent from ${offsets}`);
	equal(Object.values(await act("records", "anna"))
	    .find((r) => r.doc_id === "big").file_size, size, "all of it");
});

test("an upload is cancelled", async () => {
	const page = await library();
	const [big] = files("slow", { "slow.pdf": pdfOf("slow") });

	fs.truncateSync(big, 24 << 20);
	const client = await page.context().newCDPSession(page);

	await client.send("Network.emulateNetworkConditions", { offline: false,
		latency: 0, downloadThroughput: -1, uploadThroughput: 1 << 20 });
	await upload(page, [big]);
	await page.getByRole("button", { name: "Cancel slow.pdf" }).click();
	await page.getByText("Cancelled").waitFor();
	await page.getByText("0 of 0 files").first().waitFor();
});

test("a session that ends does not end an upload", async () => {
	const page = await library();

	await act("expire_sessions");
	await upload(page, files("late", { "late.pdf": pdfOf("late") }));
	const dialog = page.getByRole("dialog");

	await dialog.getByLabel("Password").fill("admin");
	await dialog.getByRole("button", { name: "Sign in" }).click();
	await page.getByText("1 of 1 file").first().waitFor();
});

test("a thousand files at once", async () => {
	const page = await library();
	const list = {};

	for (let i = 0; i < 1000; i++)
		list[`many-${i}.pdf`] = pdfOf(`many ${i}`);
	await upload(page, files("many", list));
	check(await page.locator(".uploads-rows > li").count() < 40,
	    "the list of uploads is windowed");
	await screenshot(page, "upload-many");
	await page.getByText("1,000 of 1,000 files").first().waitFor(
	    { timeout: 120000 });
	await until(async () => /^1,0\d\d documents$/.test(
	    await count(page).textContent()), "all are counted");
});

// ---- elsewhere on a server ------------------------------------------------------------------------

test("below a path all of it works, and nothing is asked of the root", async () => {
	const where = await act("below_a_path", "ben");
	const asked = [];
	const page = await open("", { where, user: null });

	page.on("request", (request) => asked.push(new URL(request.url())));
	await page.getByLabel("User name").fill("anywhere");
	await page.getByLabel("Password").fill("anywhere");
	await page.getByRole("button", { name: "Sign in" }).click();
	await first(page).waitFor();
	await upload(page, files("below", { "below.pdf": pdfOf("below") }));
	await row(page, "below").waitFor();
	await page.reload();
	await row(page, "below").locator(".title").click();
	await page.getByRole("heading", { name: "Stemma" }).waitFor();
	await page.getByRole("link", { name: "Sync" }).click();
	await page.getByRole("button", { name: "Sync now" }).click();
	await page.getByText(/^Synced: /).waitFor();
	equal(asked.filter((url) => !/^(blob|data):/.test(url.protocol) &&
	    !url.pathname.startsWith("/letters/")).map(String), [],
	"what was asked of the root");
	equal((await page.context().cookies()).map((c) => c.path),
	    ["/letters/api"], "the cookie's path");
});

// What the browser does when somebody lets go of files above the page.
async function letGo(page, paths) {
	const client = await page.context().newCDPSession(page);

	for (const type of ["dragEnter", "dragOver", "drop"])
		await client.send("Input.dispatchDragEvent", { type, x: 400,
			y: 400, data: { items: [], files: paths,
			dragOperationsMask: 1 } });
}

test("a folder is dropped with all that is in it", async () => {
	const page = await library();
	const top = path.join(work, "drop-folder");

	files("drop-folder", { "a/dropped-in-1.pdf": pdfOf("in 1"),
		"a/b/c/dropped-in-2.pdf": pdfOf("in 2"), "a/.hidden": "x",
		"dropped-in-3.pdf": pdfOf("in 3") });
	await letGo(page, [top]);
	await page.getByText("3 of 3 files").first().waitFor();
	await page.getByText("drop-folder/a/b/c/dropped-in-2.pdf").waitFor();
	await row(page, "dropped-in-3").waitFor();
});

// ---- very many --------------------------------------------------------------------------------------

test("a hundred thousand documents are scrolled through", async () => {
	await act("fill", "anna", 100000);
	const page = await library();

	await until(async () => /^10\d,\d{3} documents$/.test(
	    await count(page).textContent()), "counted", 60000);
	const middle = await page.evaluate(() => {
		scrollTo(0, document.documentElement.scrollHeight / 2);
		return document.documentElement.scrollHeight;
	});

	check(middle > 6e6, `as tall as all: ${middle}, ${
		await count(page).textContent()}`);
	await until(async () => await page.locator(
	    ".docs > li:not(.unknown) .title").count() > 5, "the middle");
	check(await page.locator(".docs > li").count() < 60, "few rows");
	const client = await page.context().newCDPSession(page);
	const spent = async () => {
		const { metrics } = await client.send("Performance.getMetrics");

		return metrics.find((m) => m.name === "TaskDuration").value;
	};

	await client.send("Performance.enable");
	const before = await spent();
	const frames = await page.evaluate(() => new Promise((done) => {
		const times = [];
		let last = performance.now(), n = 0;
		const step = (now) => {
			times.push(now - last);
			last = now;
			scrollBy(0, 400);
			if (++n < 120)
				requestAnimationFrame(step);
			else
				done(times.sort((a, b) => a - b));
		};

		scrollTo(0, 1e6);
		requestAnimationFrame(step);
	}));
	const each = (await spent() - before) / 120 * 1000;

	console.log(`frames while scrolling: median ${frames[60].toFixed(1)
	} ms, 95 of 100 below ${frames[114].toFixed(1)} ms; ` +
	    `work for each: ${each.toFixed(1)} ms`);
	await until(async () => await page.locator(
	    ".docs > li:not(.unknown) .title").count() > 5, "after scrolling");
	await sleep(100);
});

await run();
