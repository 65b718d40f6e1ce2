// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

import { act, check, equal, everywhere, looks, open, run, sleep, test, until }
	from "./kit.mjs";

const stands = (page) => page.locator(".stands");
const says = (page, text) => stands(page).getByText(text).waitFor();
const now = (page) => page.getByRole("button", { name: "Sync now" });
const top = (page) => page.locator("#status");

// In step before each test that counts, and as fast as it goes.
async function inStep() {
	await act("configure", "anna", { RATE_LIMIT_UP: null });
	await act("sync", "anna");
	await act("sync", "ben");
	await act("sync", "anna");
}

// How many streams the pages of a context have open, as they come and go.
function streams(context) {
	const open = new Set();
	const isOne = (request) => request.url().includes("/sse/subscribe");

	context.on("request", (r) => isOne(r) && open.add(r));
	context.on("requestfailed", (r) => open.delete(r));
	context.on("requestfinished", (r) => open.delete(r));
	return open;
}

// A page whose clock can be moved on.
async function openClock(hash) {
	const page = await open(hash);

	await page.clock.install();
	await page.reload();
	await page.locator(".top nav").waitFor();
	await page.locator("main h1").waitFor();
	return page;
}

// ---- how things stand -----------------------------------------------------------

test("one sentence says that all is in step, and since when", async () => {
	await inStep();
	const page = await open("#/sync");

	await says(page, /^In step with the store since \d\d:\d\d\.$/);
	await page.getByRole("heading", { name: "Syncs so far" }).waitFor();
});

test("one sentence says what there is to send and to fetch", async () => {
	await inStep();
	await act("add_pdf", "ben", "fetch-1", "To fetch");
	await act("sync", "ben");
	await act("add_pdf", "anna", "send-1", "To send");
	await act("add_pdf", "anna", "send-2", "To send, too");
	const page = await open("#/sync");

	await says(page, "2 changes to send, 1 version to fetch.");
	await page.getByRole("button", { name: "What a sync would do" }).click();
	const plan = page.getByRole("region", { name: "What a sync would do" });

	await plan.getByText("2 documents to send").click();
	await plan.getByText("send-1.pdf").waitFor();
	await plan.getByText("1 document to fetch").click();
	await plan.getByText("fetch-1.pdf").waitFor();
	const records = Object.values(await act("records", "anna"));

	check(!records.some((r) => r.filename === "fetch-1.pdf"),
	    "a preview fetched something");
});

test("a sync from the page sends and fetches", async () => {
	await inStep();
	await act("add_pdf", "ben", "both-1", "Both: to fetch");
	await act("sync", "ben");
	await act("add_pdf", "anna", "both-2", "Both: to send");
	await act("add_pdf", "anna", "both-3", "Both: to send, too");
	const page = await open("#/sync");

	await now(page).click();
	await page.getByText("Synced: 2 sent, 1 fetched.").waitFor();
	await says(page, /^In step with the store/);
	const row = page.locator("tbody tr").first();

	await row.getByText("done").waitFor();
	await row.getByText("2 sent, 1 fetched").waitFor();
	await act("sync", "ben");
	const names = Object.values(await act("records", "ben"))
	    .map((r) => r.filename);

	check(names.includes("both-3.pdf"), "it is not at ben's");
	await until(async () => await page.locator(".chart g").count() >= 2,
	    "a chart");
});

everywhere("bytes, rate and time left are told while it goes on", async () => {
	await inStep();
	await act("add_large", "anna", 4, 400000);
	await act("configure", "anna", { RATE_LIMIT_UP: "500K" });
	const page = await open("#/sync");

	await now(page).click();
	const line = page.locator(".running .line");
	await until(async () => /Sending files · \d of 4 files · [1-9].*B of 1\.6 MB · .*B\/s · .* left/
	    .test(await line.textContent()), "bytes, rate and time left");
	const bar = page.locator(".running progress");
	const seen = [await bar.evaluate((b) => b.value)];

	check(await now(page).isDisabled(), "a second sync could be begun");
	await until(async () => {
		seen.push(await bar.evaluate((b) => b.value));
		return seen.at(-1) > seen[0];
	}, "the bar moves");
	equal([...seen].sort((a, b) => a - b), seen, "the bar goes forward");
	await page.getByText("Synced: 4 sent.").waitFor();
	await page.locator(".running").waitFor({ state: "hidden" });
	await act("configure", "anna", { RATE_LIMIT_UP: null });
});

test("a sync that somebody else began is watched, too", async () => {
	await inStep();
	const mine = await open("#/sync");
	const other = await open("#/sync", { user: "annotator" });

	await act("configure", "anna", { RATE_LIMIT_UP: "300K" });
	await act("add_large", "anna", 3, 401000);
	await now(other).click();
	await mine.locator(".running").waitFor();
	await mine.getByText("Sending files").waitFor();
	await mine.getByText(/^Synced: /).waitFor();
	await act("configure", "anna", { RATE_LIMIT_UP: null });
});

test("a file that failed is named, with the reason", async () => {
	await inStep();
	const id = await act("add_pdf", "ben", "lost", "Lost");

	await act("sync", "ben");
	await act("lose_content", "ben", id);
	const page = await open("#/sync");

	await now(page).click();
	await page.locator(".toast.error").getByText(/1 failed/).waitFor();
	const failed = page.locator("tbody tr").first().locator(".failures");

	await failed.getByText("1 file failed").click();
	await failed.getByText("lost.pdf: its content is not on the store")
	    .waitFor();
	await says(page, "but 1 document could not be fetched yet");
	// It is put again by whoever has it.
	await act("stemma", "ben", "sync", "--force");
	await page.getByRole("button", { name: "Look at everything" }).click();
	await page.getByText(/Synced: .*fetched/).waitFor();
	// Whoever looks later, in another browser, is told too.
	const later = await open("#/sync");
	const past = later.locator(".failures").first();

	await past.getByText("1 file failed").click();
	await past.getByText("lost.pdf: its content is not on the store")
	    .waitFor();
});

// What a person does on the page about a store that went back.
async function mendByButton() {
	const page = await open("#/sync");

	await now(page).click();
	const notice = page.locator(".notice").filter(
	    { hasText: "restored from an older copy" });

	await notice.waitFor();
	equal(/stemma recover/.test(await notice.innerText()), false,
	    "words for the command line");
	await notice.getByRole("button").click();
	const dialog = page.getByRole("dialog");

	await dialog.getByText(/1 published again/).waitFor();
	await dialog.getByRole("button", { name: "Unite both" }).click();
	await notice.waitFor({ state: "detached" });
}

test("a store that went back is told, and mended by a button", async () => {
	await inStep();
	await act("save_store");
	const id = await act("add_pdf", "anna", "newer", "Newer");

	await act("sync", "anna");
	await act("sync", "ben");
	await act("restore_store");
	try {
		await mendByButton();
	} finally {
		// What comes after it begins with a store that is sound.
		await act("stemma", "anna", "recover", "--yes");
		await act("stemma", "ben", "recover", "--yes");
	}
	await inStep();
	await act("stemma", "ben", "show", id);
});

test("a sync that cannot reach the store says why", async () => {
	await inStep();
	await act("add_pdf", "anna", "refused", "Refused");
	await act("stop_store");
	const page = await open("#/sync");

	try {
		await says(page, /The store has not answered since \d\d:\d\d: /);
		await now(page).click();
		await page.locator(".toast.error")
		    .getByText(/The sync failed: /).waitFor();
		await page.locator("tbody tr").first()
		    .getByText("failed", { exact: true }).waitFor();
	} finally {
		await act("start_store");
	}
	equal(await page.locator(".toast.error").count(), 1, "said once");
	await page.getByRole("button", { name: "Sync now" }).click();
	await page.getByText("Synced: 1 sent.").waitFor();
	await says(page, /^In step with the store/);
});

test("who may only read sees how things stand and cannot sync", async () => {
	const page = await open("#/sync", { user: "user" });

	await stands(page).waitFor();
	equal(await now(page).count(), 0, "a button to sync");
});

// ---- what others publish -----------------------------------------------------------

test("what another replica publishes is said without a reload", async () => {
	await inStep();
	const page = await openClock("#/conflicts");
	let loads = 0;

	page.on("load", () => loads++);
	await act("add_pdf", "ben", "news-1", "News");
	await act("sync", "ben");
	await page.clock.fastForward(61000);
	await page.getByText(/new versions? (is|are) in the store\./).waitFor();
	await page.getByRole("link", { name: /^Sync \(\d versions? to fetch\)/ })
	    .waitFor();
	await page.getByRole("link", { name: "Look at it" }).click();
	await says(page, /^\d versions? to fetch\.$/);
	equal(loads, 0, "reloads");
});

test("a sync by interval tells open pages what it brought", async () => {
	await inStep();
	const page = await open("#/sync");

	await page.locator(".stands").waitFor();
	await act("add_pdf", "ben", "news-2", "More news");
	await act("sync", "ben");
	// As the hub starts it, or cron.
	await act("sync", "anna");
	await page.getByText("Synced: 1 fetched.").waitFor();
	await page.locator("tbody tr").first().getByText("1 fetched").waitFor();
});

// ---- the guard -----------------------------------------------------------------------

everywhere("many deletions are asked about in plain words, with numbers", async () => {
	await act("add_many", "anna", 30);
	await inStep();
	const n = Object.keys(await act("records", "anna")).length;

	equal(await act("remove_many", "ben", 25), 25, "deleted at ben's");
	const page = await open("#/sync");

	await now(page).click();
	const box = page.getByRole("dialog", { name: "Delete that much?" });

	await box.getByText(`This sync would delete 25 of ${n} documents here.`)
	    .waitFor();
	await box.getByText("Nothing has been deleted so far.").waitFor();
	equal(await box.locator("li").count(), 9, "eight names and how many more");
	check(!/stemma sync/.test(await box.textContent()),
	    "words of the command line");
	await box.getByRole("button", { name: "Cancel" }).click();
	equal(Object.keys(await act("records", "anna")).length, n,
	    "documents after Cancel");

	// It waits in the history for whoever looks next.
	await page.reload();
	await page.getByRole("button", { name: "Decide …" }).click();
	await box.getByRole("button", { name: "Yes, delete them" }).click();
	await page.getByText("Synced: 25 deleted here.").waitFor();
	equal(Object.keys(await act("records", "anna")).length, n - 25,
	    "documents after Yes");
	await page.getByRole("button", { name: "Decide …" })
	    .waitFor({ state: "detached" });
});

// ---- what is away ------------------------------------------------------------------------

everywhere("a server that restarts in mid-sync is said, and all goes on", async () => {
	await inStep();
	await act("configure", "anna", { RATE_LIMIT_UP: "200K" });
	await act("add_large", "anna", 4, 402000);
	const page = await open("#/sync");

	await now(page).click();
	await page.getByText("Sending files").waitFor();
	await act("stop_web");
	await top(page).getByText("No connection.").waitFor();
	await act("start_web");
	await top(page).getByText("No connection.").waitFor({ state: "hidden" });
	await page.getByText(/^Synced: 4 sent/).waitFor({ timeout: 40000 });
	await says(page, /^In step with the store/);
	await act("configure", "anna", { RATE_LIMIT_UP: null });
});

everywhere("responders that die are said and waited for", async () => {
	const page = await open("#/sync");

	await stands(page).waitFor();
	await page.route("**/api/v1/**", (route) => route.fulfill({ status: 503,
		contentType: "application/json",
		body: "{\"detail\":\"The service does not answer; try again soon\"}" }));
	await page.evaluate(() => { location.hash = "#/conflicts"; });
	await top(page).getByText("The server is starting again.").waitFor();
	await page.unroute("**/api/v1/**");
	await page.getByText("No conflicts").waitFor();
	equal(await top(page).textContent(), "", "said at the top");
});

test("what was typed into a dialog outlives the end of the session",
    async () => {
	const page = await open("#/settings");

	await page.getByRole("button", { name: "Add a user …" }).click();
	const box = page.getByRole("dialog", { name: "Add a user …" });

	await box.getByLabel("User name").fill("late");
	await box.getByLabel("Full name").fill("Late Comer");
	await act("expire_sessions");
	await box.getByLabel("Password").fill("late-late");
	await box.getByRole("button", { name: "Add", exact: true }).click();
	const again = page.getByRole("dialog", { name: "Sign in again" });

	await again.getByLabel("Password").fill("admin");
	await again.getByRole("button", { name: "Sign in" }).click();
	await page.getByText("late was added.").waitFor();
	await page.getByRole("row", { name: /^late Late Comer/ }).waitFor();
	check(page.url().endsWith("#/settings"), `at ${page.url()}`);
	equal(await top(page).textContent(), "", "said at the top");
});

test("a session that ends while nothing is done is said quietly", async () => {
	const page = await openClock("#/sync");

	await stands(page).waitFor();
	await act("expire_sessions");
	await page.clock.fastForward(61000);
	await top(page).getByText("Your session has ended.").waitFor();
	equal(await page.getByRole("dialog").count(), 0, "a dialog nobody asked for");
	await top(page).getByRole("button", { name: "Sign in" }).click();
	const again = page.getByRole("dialog", { name: "Sign in again" });

	await again.getByLabel("Password").fill("admin");
	await again.getByRole("button", { name: "Sign in" }).click();
	await until(async () => await top(page).textContent() === "",
	    "nothing is said any more");
});

test("what is done without a connection is done when it is back", async () => {
	const page = await open("#/settings");

	await page.getByRole("button",
	    { name: "Save", exact: true }).waitFor();
	await page.context().setOffline(true);
	await top(page).getByText("No connection.").waitFor();
	await page.getByLabel("Files at the same time").fill("5");
	await page.getByRole("button",
	    { name: "Save", exact: true }).click();
	await sleep(600);
	equal(await page.getByLabel("Files at the same time").inputValue(), "5",
	    "what was typed");
	await page.context().setOffline(false);
	await page.getByText("Saved. It counts at once.").waitFor();
	equal(await top(page).textContent(), "", "said at the top");
});

// ---- streams --------------------------------------------------------------------------------

everywhere("two tabs share one stream, and the second takes over", async () => {
	await inStep();
	const first = await open("#/sync");
	const context = first.context();

	await first.locator(".stands").waitFor();
	const opened = streams(context);
	const second = await open("#/sync", { context });

	await second.locator(".stands").waitFor();
	await sleep(1500);
	const own = () => [...opened].filter((r) =>
	    r.frame().page() === second).length;

	equal(own(), 0, "streams that the second tab opened");
	await act("add_pdf", "anna", "tabs-1", "For two tabs");
	await now(first).click();
	await second.getByText("Synced: 1 sent.").waitFor();
	await first.close();
	await until(() => own() === 1, "the second tab's stream");
	await act("add_pdf", "anna", "tabs-2", "For one tab");
	await second.getByRole("button", { name: "Close" }).click();
	await now(second).click();
	await second.getByText("Synced: 1 sent.").waitFor();
	await until(() => own() === 1, "one stream");
});

test("two tabs share one stream without HTTPS, too", async () => {
	await inStep();
	const first = await open("", { user: null });
	const context = first.context();
	const opened = streams(context);

	// As a browser has it on a plain address of a local network.
	await context.addInitScript(() => Object.defineProperty(
	    Navigator.prototype, "locks", { get: () => undefined }));
	await first.goto(first.url() + "#/sync");
	await first.reload();
	await first.getByLabel("User name").fill("admin");
	await first.getByLabel("Password").fill("admin");
	await first.getByRole("button", { name: "Sign in" }).click();
	await stands(first).waitFor();
	const second = await open("#/sync", { context });

	await stands(second).waitFor();
	await until(() => opened.size === 1, "a stream");
	await sleep(4000);
	equal(opened.size, 1, "streams");
	await act("add_pdf", "anna", "turns-1", "By turns");
	await now(second).click();
	await first.getByText("Synced: 1 sent.").waitFor();
	await first.close();
	await act("add_pdf", "anna", "turns-2", "By turns, again");
	await second.getByRole("button", { name: "Close" }).click();
	await until(() => opened.size === 1, "the second tab's stream");
	await now(second).click();
	await second.getByText("Synced: 1 sent.").waitFor();
});

test("where streams are held back the page polls within three seconds",
    async () => {
	await inStep();
	const page = await open("", { user: null });
	let held = 0, polls = 0;

	await page.route("**/sse/subscribe*", () => {
		held++;         // nothing comes, as from a buffering proxy
	});
	page.on("request", (r) => polls += r.url().includes("/sse/poll?since="));
	await page.getByLabel("User name").fill("admin");
	await page.getByLabel("Password").fill("admin");
	await page.getByRole("button", { name: "Sign in" }).click();
	const begun = Date.now();

	await page.goto(page.url() + "#/sync");
	await until(() => polls > 0, "the first poll", 6000);
	check(Date.now() - begun < 4500, `after ${Date.now() - begun} ms`);
	equal(held, 2, "streams that were tried: plain, and filled up");
	await act("add_pdf", "anna", "polled", "Polled");
	await now(page).click();
	await page.getByText("Synced: 1 sent.").waitFor();
});

// ---- everybody can use it ---------------------------------------------------------------------

test("with the keyboard alone: sign in, go to Sync, sync", async () => {
	await inStep();
	await act("add_pdf", "anna", "by-keyboard", "By keyboard");
	const page = await open("", { user: null });
	const keys = page.keyboard;

	await page.getByLabel("User name").waitFor();
	equal(await page.evaluate(() => document.activeElement.name), "username",
	    "where the cursor is");
	await keys.type("admin");
	await keys.press("Tab");
	await keys.type("admin");
	await keys.press("Enter");
	await page.getByRole("link", { name: /^Sync/ }).waitFor();
	const focused = () => page.evaluate(() =>
	    document.activeElement.textContent.trim());
	const tabTo = async (text) => {
		for (let i = 0; i < 40; i++) {
			await keys.press("Tab");
			if ((await focused()).startsWith(text))
				return;
		}
		throw new Error(`Tab does not come to ${text}`);
	};

	await page.evaluate(() => document.body.focus());
	await tabTo("Sync");
	await keys.press("Enter");
	await says(page, "1 change to send.");
	await tabTo("Sync now");
	const outline = await page.evaluate(() =>
	    getComputedStyle(document.activeElement).outlineStyle);

	check(outline !== "none", "where the focus is cannot be seen");
	await keys.press("Enter");
	await page.getByText("Synced: 1 sent.").waitFor();
});

test("it speaks German, and in the reader's zone", async () => {
	await inStep();
	const page = await open("#/sync", { locale: "de-DE",
		timezone: "Asia/Tokyo" });

	await says(page, /^Im Gleichstand mit dem Speicher seit /);
	await page.getByRole("button", { name: "Jetzt abgleichen" }).waitFor();
	equal(await page.evaluate(() => document.documentElement.lang), "de",
	    "lang");
	const [iso, shown] = await page.locator("tbody time").first()
	    .evaluate((e) => [e.getAttribute("datetime"), e.textContent]);
	const there = new Intl.DateTimeFormat("de", { hour: "2-digit",
		minute: "2-digit", timeZone: "Asia/Tokyo" }).format(new Date(iso));

	check(shown.endsWith(there), `${shown} of ${iso}, want ${there}`);
});

test("it looks right", async () => {
	await inStep();
	await act("add_pdf", "anna", "to-look-at", "To look at");
	await looks("sync", "#/sync", async (page) => {
		await says(page, "1 change to send.");
		await page.getByRole("button", { name: "What a sync would do" })
		    .click();
		await page.getByText("1 document to send").waitFor();
	});
});

await run();
