// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Words, numbers and times in the reader's language: one file per language in
// lang/.  A text may have {names}; one that depends on a number is an object
// of its plural forms, chosen by the number n: {one: "…", other: "…"}.

export const languages = { en: "English", de: "Deutsch" };

let words = {};
export let language = "en";
let locale = "en";      // that language as the reader's part of the world has it

function wanted() {
	const chosen = localStorage.getItem("stemma.language");

	if (chosen in languages)
		return chosen;
	for (const name of navigator.languages ?? []) {
		const short = name.slice(0, 2).toLowerCase();

		if (short in languages)
			return short;
	}
	return "en";
}

export async function load() {
	language = wanted();
	locale = navigator.languages?.find((name) =>
	    name.toLowerCase().startsWith(language)) ?? language;
	words = (await import(`./lang/${language}.js`)).default;
	document.documentElement.lang = language;
}

export function choose(name) {
	localStorage.setItem("stemma.language", name);
}

export function t(key, values = {}) {
	let text = words[key] ?? key;

	if (typeof text === "object")
		text = text[new Intl.PluralRules(language).select(values.n)] ??
		    text.other;
	return text.replace(/\{(\w+)\}/g, (all, name) => {
		const value = values[name];

		if (value === undefined)
			return all;
		return typeof value === "number" ? number(value) : value;
	});
}

export const number = (n) => new Intl.NumberFormat(locale).format(n);
export const percent = (part) => new Intl.NumberFormat(locale,
    { style: "percent", maximumFractionDigits: 0 }).format(part);

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function bytes(n) {
	let unit = 0;

	while (n >= 1000 && unit < units.length - 1) {
		n /= 1000;
		unit++;
	}
	return new Intl.NumberFormat(locale, { style: "unit",
		unit: units[unit], unitDisplay: unit ? "short" : "long",
		maximumFractionDigits: n < 10 && unit ? 1 : 0 }).format(n);
}

export function duration(seconds) {
	const parts = seconds < 90 ? [[Math.round(seconds), "second"]]
	    : seconds < 5400 ? [[Math.round(seconds / 60), "minute"]]
	    : [[Math.floor(seconds / 3600), "hour"],
	    [Math.round(seconds % 3600 / 60), "minute"]];

	return parts.map(([n, unit]) => new Intl.NumberFormat(locale,
	    { style: "unit", unit, unitDisplay: "short" }).format(n)).join(" ");
}

// A time as people say it: "10:42" today, "Tuesday 10:42" this week, else a
// date; always in the reader's zone.
export function when(iso, now = new Date()) {
	const date = new Date(iso);

	if (!iso || isNaN(date))
		return "–";
	const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit",
		minute: "2-digit" }).format(date);
	if (date.toDateString() === now.toDateString())
		return clock;
	if (Math.abs(now - date) < 6 * 86400e3)
		return new Intl.DateTimeFormat(locale, { weekday: "long" })
		    .format(date) + " " + clock;
	return new Intl.DateTimeFormat(locale, { dateStyle: "medium" })
	    .format(date) + " " + clock;
}

export function exactly(iso) {
	const date = new Date(iso);

	return !iso || isNaN(date) ? "" : new Intl.DateTimeFormat(locale,
	    { dateStyle: "full", timeStyle: "long" }).format(date);
}

// A time in parts of one's own choosing.
export const formatted = (time, parts) =>
    new Intl.DateTimeFormat(locale, parts).format(new Date(time));

export const compare = (a, b) =>
    a.localeCompare(b, language, { numeric: true, sensitivity: "base" });
