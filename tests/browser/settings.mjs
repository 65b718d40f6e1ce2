// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

import { act, check, desktop, equal, everywhere, fits, looks, open, run, test,
	until } from "./kit.mjs";

const dialog = (page, name) => page.getByRole("dialog", { name });
const part = (page, name) => page.getByRole("region", { name, exact: true });
const save = (page) => part(page, "Syncing")
    .getByRole("button", { name: "Save" });

// ---- the store ----------------------------------------------------------------------

test("the store's address is shown, with the line that says it", async () => {
	const page = await open("#/settings");
	const store = part(page, "The store");

	check(/http:\/\/127\.0\.0\.1:\d+\/store-/.test(await store.textContent()),
	    "its address");
	await store.getByText(/stemma\.conf, line \d/).waitFor();
	equal(await store.getByRole("textbox").count(), 0, "fields");
});

test("the store is tested, in words", async () => {
	const page = await open("#/settings");
	const store = part(page, "The store");

	await store.getByRole("button", { name: "Test this store" }).click();
	await store.getByRole("progressbar").waitFor();
	await store.getByText("This store can be used.")
	    .waitFor({ timeout: 40000 });
	await store.getByText("When several write at once, exactly one wins.")
	    .waitFor();
	equal(await store.locator(".findings li").count(), 9, "findings");
});

test("a store that is away is told as such", async () => {
	const page = await open("#/settings");
	const store = part(page, "The store");

	await act("stop_store");
	try {
		await store.getByRole("button", { name: "Test this store" })
		    .click();
		await store.getByText(/The test could not be done: /)
		    .waitFor({ timeout: 60000 });
	} finally {
		await act("start_store");
	}
});

// ---- settings -------------------------------------------------------------------------

test("what the file says is shown and cannot be changed", async () => {
	const page = await open("#/settings");
	const sync = part(page, "Syncing");

	await sync.getByText("365").waitFor();
	await sync.getByText(/stemma\.conf, line \d/).waitFor();
	equal(await sync.getByLabel("Keep in trash and history (days)").count(), 0,
	    "fields for it");
	await page.getByText(/All \d+ settings/).click();
	const row = page.getByRole("row", { name: /^WEBDAV_PASSWORD_FILE/ });

	await row.getByText(/stemma\.conf, line/).waitFor();
});

everywhere("what it does not say is changed, and counts", async () => {
	const page = await open("#/settings");

	await page.getByLabel("Sync by itself").selectOption("900");
	await page.getByLabel("Sync after each change").check();
	await page.getByLabel("Quiet from").fill("22:00");
	await page.getByLabel("Quiet until").fill("06:30");
	await page.getByLabel("Send at most").fill("2M");
	await save(page).click();
	await page.getByText("Saved. It counts at once.").waitFor();
	const text = await act("configured", "anna");

	for (const line of ["SYNC_INTERVAL\t900", "SYNC_ON_CHANGE\tyes",
		"QUIET_HOURS\t22:00-06:30", "RATE_LIMIT_UP\t2M"])
		check(text.includes(line), `${line} is not in\n${text}`);
	await page.reload();
	equal(await page.getByLabel("Sync by itself").inputValue(), "900",
	    "after a reload");
	await page.getByLabel("Sync by itself").selectOption("0");
	await page.getByLabel("Sync after each change").uncheck();
	await page.getByLabel("Quiet from").fill("");
	await page.getByLabel("Quiet until").fill("");
	await save(page).click();
	await page.getByText("Saved. It counts at once.").waitFor();
	check(!(await act("configured", "anna")).includes("22:00"),
	    "the quiet hours stay");
});

test("what cannot be is refused, and stays to be mended", async () => {
	const page = await open("#/settings");

	await page.getByLabel("Quiet from").fill("22:00");
	await page.getByLabel("Quiet until").fill("");
	await save(page).click();
	const wrong = part(page, "Syncing").locator(".wrong");

	await until(async () => await wrong.textContent() !== "", "a word");
	equal(await page.getByLabel("Quiet from").inputValue(), "22:00",
	    "what was typed");
});

test("another administrator's change is seen; typing is not disturbed",
    async () => {
	const one = await open("#/settings");
	const two = await open("#/settings");
	const field = (page) => page.getByLabel("Files at the same time");

	await field(one).fill("3");
	await two.getByLabel("Fetch at most").fill("1M");
	await save(one).click();
	await one.getByText("Saved. It counts at once.").waitFor();
	const third = await open("#/settings");

	equal(await field(third).inputValue(), "3", "a third page");
	equal(await two.getByLabel("Fetch at most").inputValue(), "1M",
	    "what another types");
	await field(one).fill("4");
	await save(one).click();
	await until(async () => await field(third).inputValue() === "4",
	    "seen without a reload");
});

// ---- users --------------------------------------------------------------------------------

everywhere("a user is added, signs in, is changed and removed", async () => {
	const page = await open("#/settings");

	await page.getByRole("button", { name: "Add a user …" }).click();
	const box = dialog(page, "Add a user …");

	await box.getByLabel("User name").fill("zoe");
	await box.getByLabel("Full name").fill("Zoë Brenner");
	await box.getByLabel("Password").fill("short");
	await box.getByRole("button", { name: "Add", exact: true }).click();
	await dialog(page, "Add a user …").waitFor();
	await box.getByLabel("Password").fill("long-enough");
	await box.getByRole("button", { name: "Add", exact: true }).click();
	await page.getByText("zoe was added.").waitFor();
	const row = page.getByRole("row", { name: /^zoe Zoë Brenner/ });

	await row.getByText("Annotator").waitFor();

	const other = await open("", { user: null });

	await other.getByLabel("User name").fill("zoe");
	await other.getByLabel("Password").fill("long-enough");
	await other.getByRole("button", { name: "Sign in" }).click();
	await other.getByRole("button", { name: "Zoë Brenner" }).waitFor();
	equal(await other.getByRole("link", { name: "Settings" }).count(), 0,
	    "settings for an annotator");

	await row.getByRole("button", { name: "Change zoe" }).click();
	const edit = dialog(page, "Change zoe");

	await edit.getByLabel(/^Reviewer/).check();
	await edit.getByRole("button", { name: "Save" }).click();
	await page.getByText("zoe was changed.").waitFor();
	await row.getByText("Reviewer").waitFor();
	check((await act("users", "anna")).includes("zoe"), "the tool's list");

	await row.getByRole("button", { name: "Remove zoe" }).click();
	await dialog(page, "Remove zoe").getByRole("button", { name: "Remove" })
	    .click();
	await page.getByText("zoe was removed.").waitFor();
	await row.waitFor({ state: "detached" });
	check(!(await act("users", "anna")).includes("zoe"), "the tool's list");
});

test("a name that is taken, and the last administrator", async () => {
	const page = await open("#/settings");

	await page.getByRole("button", { name: "Add a user …" }).click();
	const box = dialog(page, "Add a user …");

	await box.getByLabel("User name").fill("reviewer");
	await box.getByLabel("Password").fill("long-enough");
	await box.getByRole("button", { name: "Add", exact: true }).click();
	await until(async () => await box.locator(".wrong").textContent() !== "",
	    "a word");
	equal(await box.getByLabel("User name").inputValue(), "reviewer",
	    "what was typed");
	await page.keyboard.press("Escape");
	await page.getByRole("button", { name: "Change admin" }).click();
	const edit = dialog(page, "Change admin");

	await edit.getByLabel(/^Administrator/).uncheck();
	await edit.getByLabel(/^Reader/).check();
	await edit.getByRole("button", { name: "Save" }).click();
	await edit.getByText("admin is the last admin").waitFor();
});

// ---- one's own password --------------------------------------------------------------------

everywhere("everybody changes their own password", async () => {
	const page = await open("#/sync", { user: "annotator" });

	await page.getByRole("button", { name: "annotator" }).click();
	const box = dialog(page, "Your account");
	const fill = async (old, fresh, again) => {
		await box.getByLabel("Password so far").fill(old);
		await box.getByLabel("New password", { exact: true }).fill(fresh);
		await box.getByLabel("New password once more").fill(again);
		await box.getByRole("button", { name: "Change password" }).click();
	};

	await fill("wrong-one", "quite-new-1", "quite-new-1");
	await box.getByText("That is not your password so far.").waitFor();
	await fill("annotator", "quite-new-1", "quite-new-2");
	await box.getByText("The two new passwords are not the same.").waitFor();
	await fill("annotator", "quite-new-1", "quite-new-1");
	await page.getByText("The password was changed.").waitFor();
	const other = await open("", { user: null });

	await other.getByLabel("User name").fill("annotator");
	await other.getByLabel("Password").fill("annotator");
	await other.getByRole("button", { name: "Sign in" }).click();
	await other.getByText("do not belong together").waitFor();
	await other.getByLabel("Password").fill("quite-new-1");
	await other.getByRole("button", { name: "Sign in" }).click();
	await other.getByRole("button", { name: "annotator" }).waitFor();
});

test("a server is given a name, and is called so in a stemma", async () => {
	const page = await open("#/settings");
	const servers = part(page, "Servers");
	const ours = servers.getByLabel("this server", { exact: true });
	const word = await ours.getAttribute("placeholder");

	check(/^Server [A-Z][a-z]{4}$/.test(word), word);
	await ours.fill("Göttingen");
	await page.keyboard.press("Enter");
	await page.getByText("Saved. It counts at once.").waitFor();
	const [one] = Object.keys(await act("records", "anna"));

	await page.goto(page.url().replace(/#.*/, `#/document/${one}`));
	await page.locator(".heads-row").getByText("Göttingen").first()
	    .waitFor({ state: "attached" });
	await page.locator(".legend").getByText("Göttingen (this server)")
	    .waitFor();
	await page.goto(page.url().replace(/#.*/, "#/settings"));
	await ours.fill("");
	await servers.getByRole("button", { name: "Save the name of this server" })
	    .click();
	await page.getByText("Saved. It counts at once.").first().waitFor();
	await page.reload();
	equal(await ours.getAttribute("placeholder"), word, "the word again");
});

test("who is no administrator sees no settings", async () => {
	const page = await open("#/settings", { user: "reviewer" });

	await page.getByText("Only administrators see the settings.").waitFor();
});

test("it speaks German", async () => {
	const page = await open("#/settings", { locale: "de-DE" });

	await page.getByRole("button", { name: "Diesen Speicher prüfen" })
	    .waitFor();
	await page.getByLabel("Dateien zugleich").waitFor();
	const plain = await page.locator("main").textContent();

	check(!/(settings|users|role|probe)\.[a-zA-Z]/.test(plain),
	    "a text is missing");
});

test("all of it looks right", async () => {
	await looks("settings", "#/settings", async (page) => {
		await page.getByText(/All \d+ settings/).click();
		await page.getByRole("row", { name: /^LOG_LEVEL/ }).waitFor();
	});
	for (const size of [desktop, { width: 320, height: 640 }]) {
		const page = await open("#/settings", { size });

		await page.getByRole("button", { name: "admin", exact: true })
		    .click();
		await dialog(page, "Your account").waitFor();
		await fits(page);
	}
});

await run();
