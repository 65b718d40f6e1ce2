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
	made.clear();
	words = (await import(`./lang/${language}.js`)).default;
	document.documentElement.lang = language;
}

export function choose(name) {
	localStorage.setItem("stemma.language", name);
}

// Each is made once: that takes longer than what it is made for.
const made = new Map();

function using(Kind, options = {}) {
	const key = Kind.name + JSON.stringify(options);

	if (!made.has(key))
		made.set(key, new Kind(Kind === Intl.PluralRules ? language
		    : locale, options));
	return made.get(key);
}

export function t(key, values = {}) {
	let text = words[key] ?? key;

	if (typeof text === "object")
		text = text[using(Intl.PluralRules).select(values.n)] ??
		    text.other;
	return text.replace(/\{(\w+)\}/g, (all, name) => {
		const value = values[name];

		if (value === undefined)
			return all;
		return typeof value === "number" ? number(value) : value;
	});
}

export const number = (n) => using(Intl.NumberFormat).format(n);
export const percent = (part) => using(Intl.NumberFormat,
    { style: "percent", maximumFractionDigits: 0 }).format(part);

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function bytes(n) {
	let unit = 0;

	while (n >= 1000 && unit < units.length - 1) {
		n /= 1000;
		unit++;
	}
	return using(Intl.NumberFormat, { style: "unit",
		unit: units[unit], unitDisplay: unit ? "short" : "long",
		maximumFractionDigits: n < 10 && unit ? 1 : 0 }).format(n);
}

export function duration(seconds) {
	const parts = seconds < 90 ? [[Math.round(seconds), "second"]]
	    : seconds < 5400 ? [[Math.round(seconds / 60), "minute"]]
	    : [[Math.floor(seconds / 3600), "hour"],
	    [Math.round(seconds % 3600 / 60), "minute"]];

	return parts.map(([n, unit]) => using(Intl.NumberFormat,
	    { style: "unit", unit, unitDisplay: "short" }).format(n)).join(" ");
}

// A time as people say it: "10:42" today, "Tuesday 10:42" this week, else a
// date; always in the reader's zone.
export function when(iso, now = new Date()) {
	const date = new Date(iso);

	if (!iso || isNaN(date))
		return "–";
	const clock = using(Intl.DateTimeFormat, { hour: "2-digit",
		minute: "2-digit" }).format(date);
	if (date.toDateString() === now.toDateString())
		return clock;
	if (Math.abs(now - date) < 6 * 86400e3)
		return `${using(Intl.DateTimeFormat, { weekday: "long" })
		    .format(date)} ${clock}`;
	return `${using(Intl.DateTimeFormat, { dateStyle: "medium" })
	    .format(date)} ${clock}`;
}

export function exactly(iso) {
	const date = new Date(iso);

	return !iso || isNaN(date) ? "" : using(Intl.DateTimeFormat,
	    { dateStyle: "full", timeStyle: "long" }).format(date);
}

// A time in parts of one's own choosing.
export const formatted = (time, parts) =>
    using(Intl.DateTimeFormat, parts).format(new Date(time));

export const compare = (a, b) =>
    a.localeCompare(b, language, { numeric: true, sensitivity: "base" });
