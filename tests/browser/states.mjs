// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What few people see: documents that are not kept here, proposals of a server
// that was away, a store that went back, a store that was moved.

import { act, axe, check, equal, everywhere, fits, kind, looks, open, phone,
	run, screenshot, test, until } from "./kit.mjs";

const record = (page, id) => page.locator(`tr[data-record="${id}"]`);
const panel = (page) => page.locator("section.version");
const notice = (page) => page.locator(".trouble");
const stands = (page) => page.locator(".stands");
const german = { locale: "de-DE" };

// A page of another replica.
async function at(name, hash, options = {}) {
	return open(hash, { where: await act("web_of", name, kind), ...options });
}

const keeps = (id) => act("keeps", "carl", id);

// ---- what is not kept here ----------------------------------------------------------

everywhere("a text that is not kept here is fetched when it is opened",
    async () => {
	const id = await act("add_map", "map-open", "tei");
	const page = await at("carl", `#/document/${id}`);

	equal(await keeps(id), false, "its bytes are here");
	await record(page, id).getByText("not kept here").waitFor();
	await record(page, id).getByRole("button", { name: /^Open/ }).click();
	await panel(page).getByText("Of map-open").waitFor();
	await record(page, id).getByText("in step").waitFor();
	equal(await keeps(id), true, "its bytes are here");
});

everywhere("what is not kept here is fetched when it is downloaded",
    async () => {
	const id = await act("add_map", "map-download", "pdf");
	const page = await at("carl", `#/document/${id}`);
	const download = page.waitForEvent("download");

	await record(page, id).getByRole("link", { name: /^Download/ }).click();
	equal((await download).suggestedFilename(), "map-download.pdf", "name");
	equal(await keeps(id), true, "its bytes are here");
});

test("from the library, too: opened in a tab, and downloaded", async () => {
	const id = await act("add_map", "map-tab", "tei");
	const other = await act("add_map", "map-menu", "tei");
	const page = await at("carl", "#/library");
	const row = (doc) => page.locator(".docs > li", { hasText: doc });

	await row("map-tab").getByText("Not kept here").waitFor();
	const opened = page.context().waitForEvent("page");

	await row("map-tab").getByRole("link", { name: "TEI" }).click();
	const tab = await opened;

	await tab.waitForURL(/\/files\//);
	check((await tab.content()).includes("Of map-tab"), "its text");
	equal(await tab.evaluate(() => opener), null, "what it can reach");
	equal(await keeps(id), true, "its bytes are here");
	await row("map-menu").getByRole("button", { name: /^Actions/ }).click();
	const download = page.waitForEvent("download");

	await page.getByRole("menuitem", { name: "Download TEI" }).click();
	equal((await download).suggestedFilename(), "map-menu.tei.xml", "name");
	equal(await keeps(other), true, "its bytes are here");
	await row("map-menu").getByText("In step").waitFor();
});

test("what cannot be fetched now is said, and fetched later", async () => {
	const id = await act("add_map", "map-later", "tei");
	const page = await at("carl", `#/document/${id}`);
	const press = () => record(page, id)
	    .getByRole("button", { name: /^Open/ }).click();

	await record(page, id).waitFor();
	await act("stop_store");
	try {
		await press();
		await panel(page).getByText(/could not be fetched/).waitFor();
	} finally {
		await act("start_store");
	}
	await press();
	await panel(page).getByText("Of map-later").waitFor();
});

test("what is not kept here looks right", async () => {
	const id = await act("add_map", "map-look", "tei");
	const where = await act("web_of", "carl", kind);

	await looks("not-kept", "#/library", (page) => page.locator(".docs > li",
	    { hasText: "map-look" }).getByText("Not kept here").waitFor(),
	{ where });
	const page = await at("carl", `#/document/${id}`,
	    { ...german, size: phone });

	await record(page, id).getByText("hier nicht vorgehalten").waitFor();
	await fits(page);
	equal(await axe(page), "", "axe");
});

// ---- what was done before a long absence -----------------------------------------------

test("proposals look right", async () => {
	const where = await act("web_of", "ben", kind);
	const ids = await act("ids_away");

	await looks("proposals", "#/conflicts", (page) =>
	    page.getByRole("link", { name: "new.tei.xml" }).waitFor(),
	{ where });
	for (const [i, name] of ["Meine Seite veröffentlichen",
		"Für alle löschen", "Veröffentlichen"].entries()) {
		const page = await at("ben", `#/conflicts/${ids[i]}`,
		    { ...german, scheme: i ? "dark" : "light", size: phone });

		await page.getByRole("button", { name, exact: true }).waitFor();
		await fits(page);
		equal(await axe(page), "", `axe, ${name}`);
		await screenshot(page, `proposal-${i}`, { fullPage: true });
	}
});

test("what was done before a long absence is settled, each its own way",
    async () => {
	const [changed, deleted, added] = await act("ids_away");
	const page = await at("ben", `#/conflicts/${changed}`);
	const press = (name) => page.getByRole("button",
	    { name, exact: true }).click();

	await page.getByText(/Nobody else has seen it/).first().waitFor();
	await press("Publish mine");
	await page.getByText("one.tei.xml: Publish mine.").waitFor();
	await page.goto(page.url().replace(/#.*/, `#/conflicts/${deleted}`));
	await page.getByRole("heading", { name: "two.tei.xml" }).waitFor();
	await page.getByText("The others still have it.").waitFor();
	await press("Have it back");
	await page.getByText("two.tei.xml: Have it back.").waitFor();
	await page.goto(page.url().replace(/#.*/, `#/conflicts/${added}`));
	await page.getByRole("heading", { name: "new.tei.xml" }).waitFor();
	await press("Publish it");
	await page.getByRole("heading", { name: "No conflicts" }).waitFor();
	await act("sync", "ben");
	await act("sync", "anna");
	check((await act("state_at", "anna", changed)).includes("Ben's."),
	    "what Ben changed");
	check(await act("state_at", "anna", deleted), "what Ben deleted");
	check((await act("state_at", "anna", added)).includes("Ben's own."),
	    "what Ben added");
});

// ---- who is elsewhere -----------------------------------------------------------------

test("a server's name is said wherever it is spoken of", async () => {
	const settings = await open("#/settings");
	const others = (await (await settings.request.get(new URL(
	    "api/v1/replicas", settings.url()).href)).json()).replicas
	    .filter((r) => !r.is_ours);

	for (const { replica } of others)
		await settings.request.patch(new URL(
		    `api/v1/replicas/${replica}`, settings.url()).href,
		{ data: { name: "Graz" }, headers: {
			Origin: new URL(settings.url()).origin } });
	const [id] = await act("ids_away");
	const page = await open(`#/document/${id}`);

	await record(page, id).waitFor();
	await act("edit_elsewhere", "ben", id);
	await record(page, id).getByText(
	    "annotator works on it, on another server: Graz")
	    .waitFor({ timeout: 40000 });
	const library = await open("#/library", { context: page.context() });

	await library.getByRole("searchbox").fill("one.tei.xml");
	await library.locator(".docs > li", { hasText: "one" })
	    .getByText("annotator is editing, at Graz").waitFor();
	equal(await axe(library), "", "axe");
});

// ---- a store that went back ---------------------------------------------------------------

test("a store that went back is told in words, and never as in step",
    async () => {
	await act("go_back");
	const told = async (page) => {
		await notice(page).waitFor();
		await stands(page).locator(":scope.bad").waitFor();
	};

	await looks("store-went-back", "#/sync", async (page) => {
		await told(page);
		await page.getByRole("button",
		    { name: "See what can be mended" }).waitFor();
		equal(/stemma recover/.test(await page.locator("main")
		    .innerText()), false, "words for the command line");
	});
	const page = await open("#/sync", german);

	await told(page);
	await notice(page).getByText("Was mit dem Speicher geschehen ist")
	    .waitFor();
	const reader = await open("#/sync", { user: "user" });

	await notice(reader).getByText("An administrator can mend this.")
	    .waitFor();
});

test("it is mended by the button, as soon as the sync has ended", async () => {
	const page = await open("#/sync");

	// The button is there before the sync that found the trouble is over.
	let refused = 0;

	await notice(page).waitFor();
	await page.route("**/store/recover", (route) => refused++ < 2
	    ? route.fulfill({ status: 409, json: {
		    detail: "A sync of this library is running" } })
	    : route.continue());
	await notice(page).getByRole("button").click();
	const dialog = page.getByRole("dialog");

	await dialog.getByText(/1 published again/).waitFor();
	equal(await axe(page), "", "axe");
	await dialog.getByRole("button", { name: "Unite both" }).click();
	await notice(page).waitFor({ state: "detached" });
	await stands(page).getByText(/^In step with the store/).waitFor();
	check(refused > 2, "nothing was refused");
});

// ---- a store that was moved: the last, for nobody follows -------------------------------------

test("a store that was moved is said in words, with what to do", async () => {
	const address = await act("move_store");
	const page = await open("#/sync");

	await page.getByRole("button", { name: "Sync now" }).click();
	await stands(page).getByText("The store has moved to another address.")
	    .waitFor();
	const text = await notice(page).innerText();

	check(text.includes(address), "the new address");
	check(text.includes(`stemma move-store --follow '${
		address.replaceAll("'", "'\\''")}'`), "what to do");
	await until(async () => await page.locator("tbody tr").first()
	    .getByText("failed").count() === 1, "it is in the list");
	equal(await page.locator(".toast.error").count(), 0, "said twice");
	const reader = await open("#/sync", { user: "user" });

	await notice(reader).getByText("An administrator can have").waitFor();
	equal(await notice(reader).getByText("move-store").count(), 0,
	    "what readers cannot do");
	await looks("store-moved", "#/sync", (p) => notice(p).waitFor());
	const other = await open("#/sync", german);

	await notice(other).getByText("was zu tun ist").waitFor();
});

await run();
