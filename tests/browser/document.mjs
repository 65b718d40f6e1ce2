// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// One document: its records, its stemma, its versions.

import { act, axe, check, equal, everywhere, fits, looks, open, phone, run,
	screenshot, test, until } from "./kit.mjs";
import { lineage } from "./lineages.mjs";

let ids = null;
const id = async (name) => {
	ids ??= await act("ids");
	return ids[name];
};

const node = (page, siglum) =>
    page.locator(`.tree [data-siglum="${siglum}"]`);
const sigla = async (page) => (await page.locator(".tree [data-siglum]")
    .evaluateAll((nodes) => nodes.map((n) => n.dataset.siglum))).sort();
const panel = (page) => page.locator("section.version");
const record = (page, stableId) =>
    page.locator(`tr[data-record="${stableId}"]`);
const drawn = (page) => page.locator(".tree .node").first().waitFor();

async function document(name = "letter.tei.xml", options = {}) {
	const page = await open(`#/document/${await id(name)}`, options);

	await drawn(page);
	return page;
}

// A document whose past is made up.
async function madeUp(n, options = {}, story = {}) {
	const page = await open("#/library", options);

	await page.route("**/files/*/lineage", (route) =>
	    route.fulfill({ json: lineage(n, { seed: 3, ...story }) }));
	await page.route("**/files/*/history", (route) =>
	    route.fulfill({ json: { id: "x", history: [] } }));
	await page.evaluate((to) => {
		location.hash = to;
	}, `#/document/${await id("letter.tei.xml")}`);
	await drawn(page);
	return page;
}

// ---- how it looks -----------------------------------------------------------

test("a document in every look has no fault", async () => {
	await looks("document", `#/document/${await id("letter.tei.xml")}`, drawn);
});

test("a version and a comparison in every look have no fault", async () => {
	for (const scheme of ["light", "dark"]) {
		const page = await document("letter.tei.xml", { scheme });

		await node(page, "A¹").click();
		await panel(page).locator(".tei").waitFor();
		equal(await axe(page), "", `reading, ${scheme}`);
		await panel(page).getByRole("button", { name: "Source" }).click();
		equal(await axe(page), "", `source, ${scheme}`);
		await node(page, "A¹").click({ modifiers: ["Shift"] });
		await node(page, "B").click({ modifiers: ["Shift"] });
		await panel(page).locator(".diff").waitFor();
		equal(await axe(page), "", `diff, ${scheme}`);
		await screenshot(page, `compare-${scheme}`, { fullPage: true });
	}
});

test("a comparison fits a phone", async () => {
	const page = await document("letter.tei.xml", { size: phone });

	await page.getByRole("button", { name: "Compare two" }).click();
	await node(page, "A¹").click();
	await node(page, "A⁴").click();
	await panel(page).locator(".diff").waitFor();
	await fits(page);
	equal(await axe(page), "", "axe");
});

for (const n of [2, 60, 200]) {
	test(`a stemma of ${n} versions can be read`, async () => {
		const page = await madeUp(n);

		equal(await axe(page, ".stemma"), "", "axe");
		await fits(page);
		await screenshot(page, `stemma-${n}`);
		const sizes = await page.locator(".tree .siglum").evaluateAll(
		    (all) => all.map((t) => t.getBoundingClientRect().height));

		check(Math.min(...sizes) >= 11, `${Math.min(...sizes)} px tall`);
	});
}

test("in German too", async () => {
	const page = await document("letter.tei.xml", { locale: "de-DE" });

	await page.getByRole("heading", { name: "Bestandteile" }).waitFor();
	await page.getByText("dieser Server").first().waitFor();
});

// ---- the stemma -------------------------------------------------------------

test("the stemma shows a merge, both that were kept, and what is not sent",
    async () => {
	const page = await document();

	equal(await sigla(page), ["A¹", "A²", "A³", "A⁴", "B", "α", "β", "γ"]
	    .sort(), "sigla");
	const told = (siglum) => node(page, siglum).getAttribute("aria-label");

	check(/merged/.test(await told("A³")), "the merge");
	check(/made from A²/.test(await told("A³")), "of what");
	check(/kept both/.test(await told("B")), "the one kept beside");
	check(/not sent yet/.test(await told("γ")), "the newest here");
	check(/made from β/.test(await told("γ")), "out of a draft");
	check(/not published/.test(await told("β")), "a draft");
});

test("a conflict shows in the stemma, and leads to where it is settled",
    async () => {
	const page = await document("clash.tei.xml");

	equal(await page.locator(".tree .node.clash").count(), 2, "two heads");
	await page.locator(".tree path.clash").waitFor({ state: "attached" });
	const link = page.getByRole("link", { name: "in conflict" });

	equal(await link.getAttribute("href"),
	    `#/conflicts/${await id("clash.tei.xml")}`, "the way there");
});

test("each version opens, to read and as it is written", async () => {
	const page = await document();

	await node(page, "A¹").click();
	await panel(page).getByText("It was a fine morning.").waitFor();
	await panel(page).getByRole("button", { name: "Source" }).click();
	await panel(page).getByText("<teiHeader>").waitFor();
	await node(page, "A²").click();
	await panel(page).getByText("It was a cold morning.").waitFor();
	const raw = await panel(page).getByRole("link", {
		name: "The file itself" }).getAttribute("href");
	const answer = await page.context().request.get(raw);

	check((await answer.text()).includes("It was a cold morning."), "bytes");
	await panel(page).getByRole("button", { name: "Close" }).click();
	check(!await panel(page).isVisible(), "closed");
});

test("a version that never left its server is told of", async () => {
	const page = await document();

	await node(page, "α").click();
	await panel(page).getByText("not kept here").waitFor();
});

everywhere("two versions are compared, word by word", async () => {
	const page = await document();

	await page.getByRole("button", { name: "Compare two" }).click();
	await node(page, "A⁴").click();
	await node(page, "A¹").click();
	await panel(page).getByRole("heading", { name: "A¹ and A⁴" }).waitFor();
	await panel(page).locator(".diff").waitFor();
	const marks = await panel(page).locator("del, ins").allTextContents();

	equal(marks, ["on the table", "upon it"], "marked");
	await panel(page).getByText("equal lines").first().waitFor();
});

test("with the keyboard alone", async () => {
	const page = await document();
	const press = (key) => page.keyboard.press(key);
	const at = () => page.evaluate(() => globalThis.document.activeElement
	    .dataset.siglum);

	await page.locator(".tree [tabindex='0']").focus();
	await press("Home");
	equal(await at(), "A¹", "the first");
	await press(" ");
	equal(await node(page, "A¹").getAttribute("aria-selected"), "true",
	    "chosen");
	await press("ArrowDown");
	equal(await at(), "A²", "what was made of it");
	await press("ArrowUp");
	equal(await at(), "A¹", "back");
	await press("End");
	await press(" ");
	await panel(page).locator(".diff").waitFor();
	await page.locator(".tree [tabindex='0']").focus();
	await press("Home");
	await press("Enter");
	await panel(page).locator(".tei, .xml").first().waitFor();
});

test("long runs are folded, and unfold where one likes", async () => {
	const page = await madeUp(60, {}, { chances: { merge: 0, settle: 0,
		keep: 0 } });
	const count = () => page.locator(".tree .node").count();

	equal(await count(), 3, "the first, the run, the last");
	await page.locator(".tree .node.run").click();
	equal(await count(), 60, "all");
	await page.getByRole("button", { name: "Fold long runs" }).click();
	equal(await count(), 3, "folded again");
	await page.getByRole("button", { name: "Show all versions" }).click();
	equal(await count(), 60, "all again");
});

test("the drawing can be larger and smaller, and fits again", async () => {
	const page = await document();
	const width = () => page.locator(".tree").evaluate((svg) =>
	    svg.getBoundingClientRect().width);
	const fitting = await width();

	await page.getByRole("button", { name: "Larger" }).click();
	await until(async () => await width() > fitting, "larger");
	await page.getByRole("button", { name: "Smaller" }).click();
	await page.getByRole("button", { name: "Smaller" }).click();
	await until(async () => await width() < fitting, "smaller");
	await page.getByRole("button", { name: "Fit the width" }).click();
	await until(async () => await width() === fitting, "it fits");
});

test("the same is there as a table", async () => {
	const page = await document();

	await page.getByText("The 8 versions as a table").click();
	const rows = page.locator("table.versions tbody tr");

	equal(await rows.count(), 8, "rows");
	equal(await axe(page, "details"), "", "axe");
	await rows.last().getByRole("button", { name: "Open A¹" }).click();
	await panel(page).locator(".tei, .xml").first().waitFor();
});

test("on paper the drawing is whole, and light", async () => {
	const page = await madeUp(60, { scheme: "dark" });

	await page.emulateMedia({ media: "print" });
	equal(await page.locator(".stemma-scroll").isVisible(), false, "screen's");
	const slices = page.locator(".paper svg");

	check(await slices.count() > 10, "it can be cut");
	check(await page.locator(".top").isHidden(), "the top");
	equal(await page.locator("html").evaluate((html) =>
	    getComputedStyle(html).getPropertyValue("--ink").trim()), "#000",
	    "ink");
});

// ---- records ----------------------------------------------------------------

test("a record is renamed, and its name is everywhere", async () => {
	const page = await document("scan.pdf");
	const one = record(page, await id("scan.pdf"));

	await one.getByRole("button", { name: /^Rename/ }).click();
	await page.getByRole("textbox", { name: "Name" })
	    .fill("The scan, page 1");
	await page.getByRole("button", { name: "Save" }).click();
	await one.getByText("The scan, page 1").waitFor();
	await page.getByRole("heading", { name: "The scan, page 1" }).waitFor();
	equal((await act("records", "anna"))[await id("scan.pdf")].label,
	    "The scan, page 1", "its label");
});

everywhere("a PDF is shown by the browser's own viewer", async () => {
	const page = await document("scan.pdf");

	await record(page, await id("scan.pdf")).getByRole("button",
	    { name: /^Open/ }).click();
	const frame = panel(page).locator("iframe.pdf");

	await frame.waitFor();
	check(/\/versions\/[0-9a-f]{64}$/.test(await frame.getAttribute("src")),
	    "its bytes");
});

test("a record is downloaded", async () => {
	const page = await document();
	const one = record(page, await id("letter.tei.xml"));
	const download = page.waitForEvent("download");

	await one.getByRole("link", { name: /^Download/ }).click();
	equal((await download).suggestedFilename(), "letter.tei.xml", "its name");
});

test("collections and metadata are changed", async () => {
	const page = await document("scan.pdf");

	await page.getByRole("button", { name: "Collections …" }).click();
	await page.getByLabel("A new collection").fill("Letters");
	await page.getByRole("button", { name: "Save" }).click();
	await page.locator(".document-head .chip", { hasText: "Letters" })
	    .waitFor();
	await page.getByRole("button", { name: "Metadata …" }).click();
	await page.getByLabel("Value of author").fill("M. Brenner");
	await page.getByRole("button", { name: "Save" }).click();
	await page.locator(".document-head").getByText("M. Brenner").waitFor();
});

test("a gold standard is made by who may", async () => {
	const made = await act("add_tei", "anna", "golden");
	const page = await open(`#/document/${made}`, { user: "reviewer" });

	await record(page, made).getByRole("button", { name: /^Details/ })
	    .click();
	await page.getByLabel("Gold standard").check();
	await page.getByRole("button", { name: "Save" }).click();
	await record(page, made).getByText("gold standard").waitFor();
	const other = await open(`#/document/${made}`, { user: "annotator" });

	await record(other, made).waitFor();
	equal(await record(other, made).getByRole("button", { name: /^Rename/ })
	    .count(), 0, "not an annotator's to rename");
});

test("who may only read, reads", async () => {
	const page = await document("letter.tei.xml", { user: "user" });

	equal(await page.getByRole("button", { name: /^Delete/ }).count(), 0,
	    "deleting");
	await node(page, "A¹").click();
	await panel(page).locator(".tei, .xml").first().waitFor();
});

test("a record is deleted, and comes back", async () => {
	const made = await act("add_tei", "anna", "short-lived");
	const page = await open(`#/document/${made}`);

	await record(page, made).getByRole("button", { name: /^Delete/ })
	    .click();
	await page.waitForURL(/#\/library$/);
	await page.getByRole("button", { name: "Undo" }).click();
	await until(async () => made in await act("records", "anna"),
	    "it is back");
});

test("a save of somebody else shows without a reload", async () => {
	const made = await act("add_tei", "anna", "growing");
	const page = await open(`#/document/${made}`);

	await drawn(page);
	equal(await sigla(page), ["α"], "one version");
	const text = await act("text_of", "anna", made);

	await page.context().request.post(new URL("api/v1/files/save",
	    page.url()).href, { data: { file_id: made,
		xml_string: text.replace("One.", "Another.") },
	    headers: { Origin: new URL(page.url()).origin } });
	await until(async () => (await sigla(page)).length === 2,
	    "the second version");
});

test("a document that is not there is said to be so", async () => {
	const page = await open("#/document/nothing-of-that-name");

	await page.locator("main .notice").waitFor();
});

everywhere("a text that brings a script runs none", async () => {
	const made = await act("add_tei", "anna", "evil",
	    "&lt;img src=x onerror=alert(1)&gt;");
	const page = await open(`#/document/${made}`);

	page.on("dialog", (dialog) => page.problems.push(dialog.message()));
	await drawn(page);
	await page.locator(".tree .node").first().click();
	await panel(page).getByText("<img src=x").waitFor();
	equal(await panel(page).locator("img, script").count(), 0, "elements");
});

test("who edits it on another server is seen while it is open", async () => {
	const page = await document();
	const text = await id("letter.tei.xml");
	const chip = record(page, text).locator(".chip.info");

	equal(await chip.count(), 0, "nobody edits it");
	await act("edit_at_ben", text, "acquire_lock");
	await chip.waitFor({ timeout: 20000 });
	check(/^annotator works on it, on another server: Server [A-Z][a-z]{4}$/
	    .test(await chip.textContent()), await chip.textContent());
	equal(await axe(page), "", "axe");
});

await run();
