// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// What the replicas are called: as an administrator here named them, or by a
// word made of their ids, which is the same in every document and for everybody.

import * as api from "./api.js";
import { t } from "./i18n.js";

const consonants = "bdfghklmnprstvwz";
const vowels = "aeiou";

// "944d67db-…" is "Lupom": of its first bytes, by turns.
export function wordOf(id) {
	const digits = id.replace(/\W/g, "");
	const byte = (i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16) || 0;
	const letters = [0, 1, 2, 3, 4].map((i) => i % 2
	    ? vowels[byte(i) % 5] : consonants[byte(i) % 16]).join("");

	return letters[0].toUpperCase() + letters.slice(1);
}

// Names by id, where there are any.
export async function replicaNames(signal) {
	const { replicas } = await api.get("replicas", { signal });

	return new Map(replicas.filter((r) => r.name)
	    .map((r) => [r.replica, r.name]));
}

// What no replica has published is of this one.
export const nameOf = (id, names) => names?.get(id) ?? (id
    ? t("stemma.server", { n: wordOf(id) }) : t("stemma.here"));
