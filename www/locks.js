// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Who edits what.  Locks of other servers are looked at only while somebody has
// a document open; asking about one of its records says so.

import * as api from "./api.js";

const interval = 20000; // a server stops looking 100 s after the last word
const most = 24;        // records that are asked about

const ask = (item, signal) =>
	api.post("files/check_lock", { file_id: item.id }, { signal });

// Of the records that somebody else edits: {locked_by, replica} by id.
export async function holdersOf(items, signal) {
	const held = items.filter((item) => item.is_locked).slice(0, most);
	const told = await Promise.all(held.map((item) => ask(item, signal)));

	return new Map(held.map((item, n) => [item.id, told[n]]));
}

// From now on, until `signal`: somebody has these records open.
export function keepOpen(itemsNow, signal) {
	const say = () => {
		const [first] = itemsNow();

		if (first && document.visibilityState === "visible")
			ask(first, signal).catch(() => {});
	};
	const timer = setInterval(say, interval);

	document.addEventListener("visibilitychange", say, { signal });
	signal.addEventListener("abort", () => clearInterval(timer));
	say();
}
