// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What this server knows of and does not keep is fetched from the store when
// somebody wants to see it or have it.

import * as api from "./api.js";
import { t } from "./i18n.js";
import { complain } from "./ui.js";

export const isAway = (item) => item?.sync_status === "pending_download";

export const fetchContent = (item, options = {}) =>
	api.post(`files/${encodeURIComponent(item.id)}/fetch`, {},
	    { repeat: true, ...options });

// Browsers let a tab be opened while the press is fresh, not seconds later.
function emptyTab() {
	const tab = open("", "_blank");

	if (tab) {
		tab.opener = null;
		tab.document.body.textContent = t("content.fetching");
	}
	return tab;
}

async function fetchFor(link, item, done) {
	const tab = link.target === "_blank" ? emptyTab() : null;

	try {
		await fetchContent(item);
	} catch (error) {
		tab?.close();
		throw error;
	}
	done();
	if (tab)
		tab.location.replace(link.href);
	else
		link.click();
}

// For a link to its bytes: has them fetched, and follows the link then.  null
// where they are here.
export function fetchedFirst(item) {
	let isHere = !isAway(item), isAsked = false;

	return isHere ? null : async (event) => {
		const link = event.currentTarget;

		if (isHere)
			return;
		event.preventDefault();
		if (isAsked)
			return;
		isAsked = true;
		try {
			await fetchFor(link, item, () => {
				isHere = true;
			});
		} catch (error) {
			complain(error);
		} finally {
			isAsked = false;
		}
	};
}
