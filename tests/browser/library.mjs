// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

import { looks, run, test } from "./kit.mjs";

test("who is not signed in sees the form", async () => {
	await looks("signin", "", (page) => page.getByLabel("User name").waitFor(),
	    { user: null });
});

await run();
