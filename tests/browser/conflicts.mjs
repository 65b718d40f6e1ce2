// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

import { act, check, equal, everywhere, fits, looks, open, run, test, until }
	from "./kit.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const dialog = (page, name) => page.getByRole("dialog", { name });
const toast = (page) => page.locator(".toast").last();

async function openConflict(kind, doc, options = {}) {
	const id = await act("conflict", kind, doc);
	const page = await open(`#/conflicts/${id}`, options);

	await page.getByRole("heading", { name: "What shall become of it?" })
	    .or(page.locator(".notice")).first().waitFor();
	return [page, id];
}

// What everybody has, once it is published.
async function published(doc) {
	await act("settle");
	const [ours, theirs] = [await act("texts", "anna", doc),
		await act("texts", "ben", doc)];

	equal(ours, theirs, "both replicas");
	return ours;
}

const has = (texts, ...parts) => check(parts.every((part) =>
    texts.some((text) => text.includes(part))), `not all of ${parts}`);

// ---- seeing -----------------------------------------------------------------------

test("no conflict is said kindly", async () => {
	const page = await open("#/conflicts");

	await page.getByRole("heading", { name: "No conflicts" }).waitFor();
});

test("both sides are beside each other, with what differs", async () => {
	const [page] = await openConflict("clash", "see-1");

	await page.getByText("You and root both changed this document.").waitFor();
	for (const side of ["Mine", "Theirs"])
		await page.getByRole("region", { name: side, exact: true })
		    .getByRole("link", { name: "Open" }).waitFor();
	const row = page.getByRole("row", { name: /^Label/ });

	equal(await row.getByRole("cell").allTextContents(),
	    ["Ours", "Theirs", "empty"], "mine, theirs, before");
	const diff = page.locator(".compared");

	await diff.getByText("2 lines differ").or(diff.getByText("1 line differs"))
	    .first().waitFor();
	check(/The first, ours\./.test(await diff.textContent()) &&
	    /The first, theirs\./.test(await diff.textContent()), "both texts");
	await page.getByLabel("Compare").selectOption({ label: "Before – Theirs" });
	await until(async () => !/The first, ours\./.test(
	    await diff.textContent()), "another pair");
	await button(page, "Keep mine").click();
	await act("settle");
});

test("the list tells what happened to each, and the badge how many",
    async () => {
	await act("conflict", "clash", "list-1");
	await act("conflict", "deleted_remote", "list-2");
	const page = await open("#/conflicts");

	await page.getByRole("link", { name: "list-1.tei.xml" }).waitFor();
	await page.getByText("You changed this document; root deleted it.")
	    .waitFor();
	await page.getByRole("link", { name: "Conflicts (2 open conflicts)" })
	    .waitFor();
	await page.getByRole("link", { name: "list-1.tei.xml" }).click();
	// Settled, it goes on to the next, and then to the list.
	await button(page, "Take theirs").click();
	await page.getByRole("heading", { name: "list-2.tei.xml" }).waitFor();
	await button(page, "Keep mine").click();
	await page.getByRole("heading", { name: "No conflicts" }).waitFor();
	await act("settle");
});

test("of PDFs both can be looked at", async () => {
	const [page, id] = await openConflict("pdf", "two-pdfs");

	for (const name of ["Mine", "Theirs"]) {
		const frame = page.locator(`iframe[title^="${name}:"]`);

		await frame.waitFor();
		const answer = await page.request.get(
		    await frame.getAttribute("src"));

		check(answer.ok() && (await answer.text()).includes(
		    `two-pdfs, ${name === "Mine" ? "ours" : "theirs"}`),
		    `the PDF: ${name}`);
	}
	equal(await page.locator("[data-resolution=merge]").count(), 0,
	    "a PDF cannot be merged");
	await button(page, "Take theirs").click();
	await page.getByText("Take theirs. It is published").waitFor();
	await act("settle");
	const size = async (who) => (await act("records", who))[id].id;

	equal(await size("anna"), await size("ben"), "both have theirs");
});

test("who may only read sees it, and decides nothing", async () => {
	const [page] = await openConflict("clash", "reader", { user: "user" });

	await page.getByText("Deciding this takes the role of an annotator.")
	    .waitFor();
	equal(await page.locator("[data-resolution]").count(), 0, "buttons");
	const admin = await open(page.url().replace(/.*#/, "#"));

	await button(admin, "Keep mine").click();
	await toast(admin).getByText("published with the next sync").waitFor();
	await act("settle");
});

// ---- settling, each way ---------------------------------------------------------------

test("Keep mine: ours is everybody's", async () => {
	const [page] = await openConflict("clash", "way-mine");

	await page.getByText("Yours becomes the current one, for everybody. " +
	    "Theirs stays in the document's history.").waitFor();
	await button(page, "Keep mine").click();
	await toast(page).getByText("way-mine.tei.xml: Keep mine. " +
	    "It is published with the next sync.").waitFor();
	const texts = await published("way-mine");

	equal(texts.length, 1, "records");
	has(texts, "The first, ours.");
});

test("Take theirs: theirs is everybody's, ours stays in the history",
    async () => {
	const [page, id] = await openConflict("clash", "way-theirs");
	const hash = (await act("records", "anna"))[id].id;

	await button(page, "Take theirs").click();
	await toast(page).waitFor();
	const texts = await published("way-theirs");

	equal(texts.length, 1, "records");
	has(texts, "The first, theirs.");
	const past = await (await page.request.get(new URL(
	    `api/v1/files/${id}/history`, page.url()).href)).json();

	check(JSON.stringify(past).includes(hash), "ours is not in the history");
});

test("Keep both …: ours becomes a variant under a name", async () => {
	const [page] = await openConflict("clash", "way-both");

	await button(page, "Keep both …").click();
	const box = dialog(page, "Keep both");

	await box.getByLabel("Name of your variant").fill("anna");
	await box.getByRole("button", { name: "Keep both" }).click();
	await toast(page).getByText("Keep both").waitFor();
	const texts = await published("way-both");

	equal(texts.length, 2, "records");
	has(texts, "The first, ours.", "The first, theirs.");
	equal(await act("variants", "ben", "way-both"), ["", "anna"], "variants");
});

everywhere("Use the merge: it is shown, may be improved, and is taken", async () => {
	const [page] = await openConflict("merge", "way-merge");

	await page.getByLabel("Compare").selectOption(
	    { label: "Mine – The merge" });
	await page.locator(".compared").getByText("The fifth, theirs.").waitFor();
	await button(page, "Use the merge").click();
	const area = dialog(page, "The merge").getByLabel("The merged text");
	const text = await area.inputValue();

	has([text], "The first, ours.", "The fifth, theirs.");
	await area.fill(text.replace("The third.", "The third, improved."));
	await button(page, "Take this text").click();
	await toast(page).getByText("Use the merge").waitFor();
	const texts = await published("way-merge");

	equal(texts.length, 1, "records");
	has(texts, "The first, ours.", "The third, improved.",
	    "The fifth, theirs.");
});

test("where no merge is proposed one may be written", async () => {
	const [page] = await openConflict("clash", "way-write");

	await page.getByText("the same lines were changed on both sides").waitFor();
	await button(page, "Write a merge …").click();
	const area = dialog(page, "The merge").getByLabel("The merged text");

	await area.fill("<no xml");
	await button(page, "Take this text").click();
	await dialog(page, "The merge").getByText(/Invalid XML/).waitFor();
	equal(await area.inputValue(), "<no xml", "what was typed");
	await area.fill((await act("texts", "anna", "way-write"))[0]
	    .replace("The first, ours.", "The first, both."));
	await button(page, "Take this text").click();
	await toast(page).waitFor();
	has(await published("way-write"), "The first, both.");
});

test("they deleted, we changed: it can live again", async () => {
	const [page] = await openConflict("deleted_remote", "back-mine");

	await page.getByText("The document comes back for everybody, " +
	    "with your changes.").waitFor();
	equal(await page.locator("[data-resolution=merge]").count(), 0,
	    "nothing to merge with");
	await button(page, "Keep mine").click();
	await toast(page).waitFor();
	has(await published("back-mine"), "The first, ours.");
});

test("they deleted, we changed: it can go, into the trash", async () => {
	const [page, id] = await openConflict("deleted_remote", "back-gone");

	await button(page, "Delete it here too").click();
	await toast(page).waitFor();
	equal(await published("back-gone"), [], "records");
	const trash = await (await page.request.get(
	    new URL("api/v1/files/trash", page.url()).href)).text();

	check(trash.includes(id), "it is not in the trash");
});

test("we deleted, they changed: both ways", async () => {
	const [page] = await openConflict("deleted_local", "gone-1");

	equal(await page.locator("[data-resolution]").count(), 2, "ways");
	await page.getByText("Their changes stay in the trash").waitFor();
	await button(page, "Take theirs").click();
	await toast(page).waitFor();
	has(await published("gone-1"), "The first, theirs.");
	const [other] = await openConflict("deleted_local", "gone-2");

	await button(other, "Delete it").click();
	await toast(other).waitFor();
	equal(await published("gone-2"), [], "records");
});

// ---- without fear ------------------------------------------------------------------------

test("what was settled is taken back at once", async () => {
	const [page, id] = await openConflict("clash", "undo-1");

	await button(page, "Take theirs").click();
	await toast(page).getByRole("button", { name: "Undo" }).click();
	await page.getByText("Taken back: you can decide again.").waitFor();
	await page.getByRole("heading", { name: "undo-1.tei.xml" }).waitFor();
	check((await act("open_conflicts", "anna")).includes(id),
	    "it is no conflict any more");
	await button(page, "Keep mine").click();
	await page.getByText("Keep mine. It is published").waitFor();
	has(await published("undo-1"), "The first, ours.");
});

test("what was settled is listed until a sync publishes it", async () => {
	const [page] = await openConflict("clash", "undo-2");

	await button(page, "Take theirs").click();
	await toast(page).waitFor();
	await page.goto(page.url().replace(/#.*/, "#/conflicts"));
	const list = page.getByRole("region",
	    { name: "Settled, not yet published" });

	await list.getByText("undo-2.tei.xml").waitFor();
	await list.getByText("Take theirs").waitFor();
	await page.reload();
	await list.getByRole("button", { name: "Undo" }).click();
	await page.getByRole("heading", { name: "undo-2.tei.xml" }).waitFor();
	await button(page, "Keep mine").click();
	await toast(page).waitFor();
	await act("settle");
	await page.goto(page.url().replace(/#.*/, "#/sync"));
	await page.goto(page.url().replace(/#.*/, "#/conflicts"));
	await page.getByRole("heading", { name: "No conflicts" }).waitFor();
	equal(await list.count(), 0, "what is published is not listed");
});

test("too late to take back is said for what it is", async () => {
	const [page] = await openConflict("clash", "undo-3");

	await button(page, "Take theirs").click();
	const undo = toast(page).getByRole("button", { name: "Undo" });

	await undo.waitFor();
	await act("settle");
	await undo.click();
	await page.getByText("This was published meanwhile.").waitFor();
});

test("a session that ends while a merge is written loses no word", async () => {
	const [page] = await openConflict("clash", "session-1");

	await button(page, "Write a merge …").click();
	const area = dialog(page, "The merge").getByLabel("The merged text");
	const text = (await area.inputValue()).replace("The first, ours.",
	    "The first, after an hour of thought.");

	await area.fill(text);
	await act("expire_sessions");
	await button(page, "Take this text").click();
	const again = dialog(page, "Sign in again");

	await again.getByLabel("Password").fill("admin");
	await again.getByRole("button", { name: "Sign in" }).click();
	await toast(page).getByText("session-1.tei.xml").waitFor();
	has(await published("session-1"), "The first, after an hour of thought.");
});

everywhere("a conflict that a sync brings is shown without a reload", async () => {
	const page = await open("#/conflicts");

	await page.getByRole("heading", { name: "No conflicts" }).waitFor();
	await act("conflict", "deleted_remote", "arrives");
	await page.getByRole("link", { name: "arrives.tei.xml" }).waitFor();
	await page.getByRole("link", { name: "arrives.tei.xml" }).click();
	await button(page, "Keep mine").click();
	await toast(page).waitFor();
	await act("settle");
});

// ---- everybody can use it -----------------------------------------------------------------

test("with the keyboard alone it is settled", async () => {
	const [page] = await openConflict("clash", "keys-1");

	await button(page, "Keep both …").focus();
	await page.keyboard.press("Enter");
	await dialog(page, "Keep both").waitFor();
	await page.keyboard.type("by-keyboard");
	await page.keyboard.press("Enter");
	await toast(page).getByText("Keep both").waitFor();
	await act("settle");
	equal(await act("variants", "ben", "keys-1"), ["", "by-keyboard"],
	    "variants");
});

test("it speaks German", async () => {
	const id = await act("conflict", "clash", "deutsch");
	const page = await open(`#/conflicts/${id}`, { locale: "de-DE" });

	await page.getByText("Sie und root haben dieses Dokument beide geändert.")
	    .waitFor();
	await button(page, "Meine Seite behalten").click();
	await toast(page).getByText("Der nächste Abgleich veröffentlicht es.")
	    .waitFor();
	await act("settle");
});

test("all of it looks right", async () => {
	const merge = await act("conflict", "merge", "look-merge");
	const pdf = await act("conflict", "pdf", "look-pdf");
	const gone = await act("conflict", "deleted_remote", "look-gone");
	const chosen = (page) => page.getByRole("heading",
	    { name: "What shall become of it?" }).waitFor();

	await looks("conflicts", "#/conflicts", (page) =>
	    page.getByRole("link", { name: "look-gone.tei.xml" }).waitFor());
	await looks("conflict", `#/conflicts/${merge}`, async (page) => {
		await chosen(page);
		await page.getByText("The fifth, theirs.").first().waitFor();
	});
	await looks("conflict-pdf", `#/conflicts/${pdf}`, chosen);
	await looks("conflict-deleted", `#/conflicts/${gone}`, chosen);
	const page = await open(`#/conflicts/${merge}`,
	    { size: { width: 320, height: 640 } });

	await button(page, "Use the merge").click();
	await dialog(page, "The merge").waitFor();
	await fits(page);
});

await run();
