// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Not a test: what screenshots.py keeps for the README and whoever is curious.

import fs from "node:fs";
import path from "node:path";
import { act, check, desktop, open, run, screenshot, sleep, test }
	from "./kit.mjs";
import { smaller } from "./png.mjs";

const largest = 150000; // bytes
const phone = { width: 390, height: 844 };
const ways = [["light", "light", desktop], ["dark", "dark", desktop],
	["phone", "light", phone]];

const find = async (part) => Object.entries(await act("records", "anna"))
    .find(([, r]) => r.filename.startsWith(part) && r.file_type === "tei")[0];

// A view in each way; `ready` waits for it, and may open something.
function keep(name, hash, ready, { tall, ...options } = {}) {
	test(`${name} is kept`, async () => {
		for (const [way, scheme, size] of ways) {
			const page = await open(typeof hash === "function"
			    ? await hash() : hash,
			{ user: "clara", locale: "en-GB", scheme,
				size: { ...size, height: tall ?? size.height },
				...options });

			await ready(page);
			await sleep(400);
			await screenshot(page, `${name}-${way}`);
			await page.context().close();
			const file = path.join(process.env.STEMMA_SHOTS ?? "",
			    `${name}-${way}.png`);

			fs.writeFileSync(file, smaller(fs.readFileSync(file)));
			check(fs.statSync(file).size <= largest,
			    `${file} is too large`);
		}
	});
}

keep("sign-in", "", (page) => page.getByLabel("User name").waitFor(),
    { user: null });
keep("library", "#/library", (page) =>
    page.getByText("herschel-1803-01-12").first().waitFor());
keep("document", async () => `#/document/${await find("aldous-1803-05-09")}`,
    (page) => page.locator("main svg").first().waitFor(), { tall: 1340 });
keep("sync", "#/sync", async (page) => {
	await page.locator(".stands").waitFor();
	await page.getByRole("button", { name: "What a sync would do" }).click();
	await page.getByText(/to send/).last().waitFor();
	await page.evaluate(() => scrollTo(0, 0));
});
keep("conflicts", "#/conflicts", (page) =>
    page.locator(".conflict").first().waitFor());
keep("conflict", async () => `#/conflicts/${await find("brenner-1803-04-17")}`,
    (page) => page.locator(".compared").getByText("Hochverehrter").first()
        .waitFor(), { tall: 1120 });
keep("settings", "#/settings", (page) =>
    page.getByRole("button", { name: "Add a user …" }).waitFor());

await run();
