// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Making elements.  Text is always text, never markup: nothing that comes from
// a document or a server can become an element here.

const svgNS = "http://www.w3.org/2000/svg";

function set(node, name, value) {
	if (value === undefined || value === null || value === false)
		return;
	if (name.startsWith("on"))
		node.addEventListener(name.slice(2), value);
	else if (name === "class")
		node.setAttribute("class", value);
	else if (name === "value" || name === "checked" || name === "disabled" ||
	    name === "indeterminate")
		node[name] = value;
	else
		node.setAttribute(name, value === true ? "" : value);
}

function add(node, children) {
	for (const child of children.flat(Infinity)) {
		if (child !== undefined && child !== null && child !== false)
			node.append(child);
	}
}

// h("button", {class: "quiet", onclick: f}, "Text", child, ...)
export function h(tag, props, ...children) {
	const node = document.createElement(tag);

	for (const name of Object.keys(props ?? {}))
		set(node, name, props[name]);
	add(node, children);
	return node;
}

// The same for SVG.
export function s(tag, props, ...children) {
	const node = document.createElementNS(svgNS, tag);

	for (const name of Object.keys(props ?? {}))
		set(node, name, props[name]);
	add(node, children);
	return node;
}

export function replace(node, ...children) {
	node.replaceChildren();
	add(node, children);
	return node;
}

// Draws a part of the page again; whoever was in it with the keyboard stays at
// the same place.
export function keepFocus(box, draw) {
	const all = () => [...box.querySelectorAll(
	    "a[href], button, input, select, summary, [tabindex]")];
	const at = all().indexOf(document.activeElement);

	draw();
	if (at >= 0)
		all()[at]?.focus({ preventScroll: true });
}

// Calls f at most once in `ms`, and always after the last call.
export function seldom(ms, f) {
	let timer = 0;

	return (...args) => {
		clearTimeout(timer);
		timer = setTimeout(() => f(...args), ms);
	};
}
