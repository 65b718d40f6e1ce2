// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// The picture of a document's past, drawn as editors draw the descent of a
// text: sigla joined by lines, time going downwards, a column for each server.
//
//	const stemma = new Stemma({ open(node), compare(a, b) });
//	stemma.draw(lineage, items, names);
//	box.append(stemma.node);
//
// With the keyboard: arrows go along the lines, Enter opens, Space chooses for
// a comparison, + - 0 zoom.

import { h, keepFocus, replace, s } from "./dom.js";
import { exactly, formatted, t, when } from "./i18n.js";
import { nameOf } from "./replicas.js";
import { kin, layout, neighbour } from "./stemma-layout.js";

const headHeight = 58;  // of the heads of the columns
const radius = 19;
const scales = [0.35, 0.5, 0.65, 0.8, 1, 1.25, 1.6, 2];
const nameLength = 10;  // of a user beside a node
const smallest = 0.8;   // that a drawing is made to fit

// ---- words ------------------------------------------------------------------

export function roman(n) {
	const signs = [["X", 10], ["IX", 9], ["V", 5], ["IV", 4], ["I", 1]];
	let text = "";

	for (const [sign, value] of signs) {
		while (n >= value) {
			text += sign;
			n -= value;
		}
	}
	return text;
}

const clock = (time) => formatted(time, { hour: "2-digit",
	minute: "2-digit", hourCycle: "h23" });
const dayOf = (time) => new Date(time).toDateString();
const day = (time) => formatted(time, { day: "numeric", month: "short" });
const year = (time) => String(new Date(time).getFullYear());
const short = (text) => text.length > nameLength
    ? `${text.slice(0, nameLength - 1)}…` : text;

// A siglum in a text.
export const siglumOf = (node) => h("span", { class: "siglum" }, node.letter,
    node.stage ? h("sup", {}, String(node.stage)) : null);

// How a version came about, in a word; nothing for an ordinary save.
export function kindOf(node) {
	const kind = node.kept ? "kept" : node.merged ? "merged"
	    : node.kind === "run" ? "run" : node.lost ? "lost"
	    : node.kind === "local" ? "local"
	    : node.kind === "delete" ? "deleted"
	    : node.kind === "draft" ? "draft" : "";

	return kind && t(`stemma.kind.${kind}`, { n: node.count });
}

function marksOf(node) {
	return [node.clash && t("stemma.mark.conflict"),
		node.gold && t("stemma.mark.gold"),
		node.head && t("stemma.mark.head")].filter(Boolean);
}

// The whole of a node as a sentence, for who cannot see it; it begins with what
// stands in the picture.
function sentence(node, server) {
	const from = node.parents.map((p) => p.siglum || t("stemma.kind.run",
	    { n: p.count }));
	const visible = [node.kind === "run" ? `… ${node.count}`
	    : node.letter + (node.stage || ""),
		...labelsOf(node).map(([, text]) => text)].join(" ");

	return [visible, ...marksOf(node), node.time && when(node.time), server,
		from.length && t("stemma.from", { what: from.join(", ") })]
	    .filter(Boolean).join(", ");
}

// ---- shapes: one for each server, besides its colour ------------------------

const polygon = (r, n, turn) => Array.from({ length: n }, (_, i) => {
	const a = (2 * Math.PI * (i + turn)) / n;

	return `${(r * Math.sin(a)).toFixed(1)},${(-r * Math.cos(a)).toFixed(1)}`;
}).join(" ");

function shape(number, r, props) {
	const square = r * 0.92;

	switch ((number - 1) % 6) {
	case 0:
		return s("circle", { r, ...props });
	case 1:
		return s("rect", { x: -square, y: -square, width: 2 * square,
			height: 2 * square, rx: 4, ...props });
	case 2:
		return s("polygon", { points: polygon(r * 1.25, 4, 0), ...props });
	case 3:
		return s("polygon", { points: polygon(r * 1.1, 6, 0), ...props });
	case 4:
		return s("ellipse", { rx: r * 1.28, ry: r * 0.88, ...props });
	default:
		return s("polygon", { points: polygon(r * 1.08, 8, 0.5),
			...props });
	}
}

const hue = (number) => `hue-${(number - 1) % 6 + 1}`;

// ---- a node -----------------------------------------------------------------

function siglum(node) {
	return s("text", { class: "siglum", dy: ".34em" }, node.letter,
	    node.stage ? s("tspan", { class: "stage", dy: "-.5em" },
	        `${node.stage} `) : " ");
}

function labelsOf(node) {
	return [node.user && node.kind !== "run" && ["who", short(node.user)],
		node.time && ["at", clock(node.time)],
		kindOf(node) && ["how", kindOf(node)]].filter(Boolean);
}

// In a narrow drawing Greek and dashes have to tell what is a draft.
function labels(node, isTight) {
	const lines = labelsOf(node).filter(([name]) =>
	    name !== "how" || !isTight || !node.draft);
	const first = -6.5 * (lines.length - 1);

	return s("text", { class: "label" }, lines.map(([name, text], i) =>
	    s("tspan", { class: name, x: radius + 9, y: first + 13 * i + 4 },
	        `${text} `)));
}

function badge(node) {
	const sign = node.clash ? "≠" : node.kind === "delete" ? "†"
	    : node.gold ? "★" : "";
	const name = node.clash ? "clash" : node.kind === "delete" ? "dead"
	    : "gold";

	return sign && s("g", { class: `badge-sign ${name}`,
		transform: `translate(${radius - 3} ${3 - radius})` },
	    s("circle", { r: 8 }), s("text", { dy: ".36em" }, sign));
}

function drawRun(node, _, isTight) {
	return [s("rect", { class: "ring", x: -28, y: -17, width: 56, height: 34,
		    rx: 17 }),
		s("rect", { class: "body", x: -24, y: -13, width: 48, height: 26,
			rx: 13 }),
		s("text", { class: "siglum dots", dy: ".3em" },
		    `… ${node.count} `), labels(node, isTight)];
}

function drawVersion(node, number, isTight) {
	return [shape(number, radius + 4.5, { class: "ring" }),
		shape(number, radius, { class: "body" }),
		siglum(node), labels(node, isTight), badge(node)];
}

function nodeClass(node, number) {
	return ["node", hue(number), node.draft && "draft",
		node.head && "head", node.kind === "delete" && "dead",
		node.kind === "run" && "run", node.clash && "clash",
		node.merged && "merged"].filter(Boolean).join(" ");
}

// ---- what stands behind the nodes -------------------------------------------

function drawBands(plan) {
	return plan.columns.map((column) => s("rect", { class: "band",
		x: column.from, y: 0, width: column.to - column.from,
		height: plan.height, rx: 10 }));
}

function drawDays(plan) {
	return plan.days.map((d, i) => [
		i > 0 && s("line", { class: "day", x1: plan.isTight ? 56 : 12,
		    x2: plan.width - 12,
			y1: d.y, y2: d.y }),
		plan.isTight ? s("text", { class: "day tight", x: 12,
		    y: d.y + 4 }, day(d.time))
		    : s("text", { class: "day", x: 18, y: d.y + 43 }, day(d.time),
		        (i === 0 || year(plan.days[i - 1].time) !== year(d.time)) &&
		            s("tspan", { class: "year", x: 18, dy: "1.25em" },
		                year(d.time)))]);
}

function drawLine(line) {
	const node = s("path", { d: line.d, class: line.presumed
	    ? "line presumed" : line.child.draft ? "line draft" : "line" });

	return node;
}

// Between the two heads that are in conflict: a line that joins nothing.
function drawClash({ mine, theirs }) {
	const x = (mine.x + theirs.x) / 2, low = Math.max(mine.y, theirs.y) + 84;

	return s("path", { class: "line clash", d: `M${mine.x} ` +
	    `${mine.y + radius}Q${x} ${low} ${theirs.x} ${theirs.y + radius}` });
}

// ---- the heads of the columns -----------------------------------------------

function usersOf(plan, replica) {
	const users = new Set(plan.all.filter((n) => n.replica === replica &&
	    n.user).map((n) => n.user));

	return [...users].sort();
}

// ---- the picture ------------------------------------------------------------

export class Stemma {
	constructor({ open, compare }) {
		this.open = open;
		this.compare = compare;
		this.unfolded = new Set();
		this.chosen = [];
		this.current = null;
		this.scale = null; // null: fits
		this.comparing = false;
		this.head = s("svg", { class: "heads", "aria-hidden": "true" });
		this.svg = s("svg", { class: "tree" });
		this.scroll = h("div", { class: "stemma-scroll" }, this.head,
		    this.svg);
		this.legend = h("figcaption", {});
		this.bar = h("div", { class: "row stemma-bar noprint" });
		this.paper = h("table", { class: "paper", "aria-hidden": "true" });
		this.node = h("figure", { class: "stemma" }, this.bar,
		    this.scroll, this.paper, this.legend);
		this.svg.addEventListener("keydown", (e) => this.key(e));
		this.svg.addEventListener("mousedown", (e) => {
			if (e.shiftKey)
				e.preventDefault();
		});
		new ResizeObserver(() => this.resize()).observe(this.scroll);
	}

	draw(lineage, items, names) {
		this.names = names;
		this.lineage = lineage;
		this.items = items;
		this.redraw();
	}

	redraw() {
		const plan = layout(this.lineage, { items: this.items, dayOf,
			open: this.unfolded, room: this.room() });
		const isFirst = !this.plan;
		const isInside = this.svg.contains(document.activeElement);

		this.plan = plan;
		this.numbers = new Map(plan.columns.map((c) =>
		    [c.replica, c.number]));
		this.chosen = this.chosen.map((c) => plan.all.find((n) =>
		    n.id === c.id)).filter(Boolean);
		this.current = plan.nodes.find((n) => n.id === this.current?.id) ??
		    this.newest();
		this.drawTree();
		this.drawHead();
		this.drawPaper();
		this.drawLegend();
		this.drawBar();
		this.resize();
		if (isInside)
			this.focus(this.current);
		if (isFirst)
			requestAnimationFrame(() => this.scroll.scrollTo(0, 1e6));
	}

	newest() {
		return this.plan.nodes.filter((n) => n.head).at(-1) ??
		    this.plan.nodes.at(-1) ?? null;
	}

	serverOf(node) {
		return nameOf(node.replica, this.names);
	}

	// ---- drawing

	drawTree() {
		const { plan } = this;

		this.marks = new Map();
		this.lines = plan.lines.map((line) => ({ line,
			node: drawLine(line) }));
		this.list = s("g", { role: "listbox",
			"aria-multiselectable": "true",
			"aria-label": t("stemma.label", { n: plan.all.length }) },
		    plan.nodes.map((node) => this.drawNode(node)));
		this.svg.setAttribute("viewBox", `0 0 ${plan.width} ${plan.height}`);
		replace(this.svg, s("g", { id: "stemma-tree",
		    class: "stemma" },
		    s("g", { "aria-hidden": "true" },
		        drawBands(plan), drawDays(plan),
		        this.lines.map(({ node }) => node),
		        plan.clashes.map(drawClash)), this.list));
		this.mark();
	}

	drawNode(node) {
		const number = this.numbers.get(node.replica ?? "") ?? 1;
		const mark = s("g", { class: nodeClass(node, number),
			role: "option", "data-node": node.id,
			"data-siglum": node.siglum,
			transform: `translate(${node.x} ${node.y})`,
			"aria-label": sentence(node, this.serverOf(node)),
			onclick: (e) => this.click(node, e),
			onfocus: () => this.goTo(node),
			onblur: () => this.showKin(null),
			onmouseenter: () => this.showKin(node),
			onmouseleave: () => this.showKin(null) },
		    s("rect", { class: "hit", x: -28, y: -27, width: 112,
		        height: 54 }),
		    s("title", {}, [sentence(node, this.serverOf(node)),
		        exactly(node.time)].join("\n")),
		    (node.kind === "run" ? drawRun : drawVersion)(node, number,
		        this.plan.isTight));

		this.marks.set(node, mark);
		return mark;
	}

	// What stands above a column: a name that was given; where there is room,
	// the word that is made of its id.
	headOf({ replica }) {
		const { isTight } = this.plan;

		if (this.names?.has(replica))
			return short(this.names.get(replica));
		if (replica === this.lineage.replica)
			return t(isTight ? "stemma.here.short" : "stemma.here");
		return isTight ? "" : nameOf(replica, this.names);
	}

	drawHeads() {
		const { plan } = this;

		return plan.columns.map((column) => {
			const users = short(usersOf(plan, column.replica)
			    .join(", "));
			const name = this.headOf(column) || users;
			const second = name === users ? "" : users;

			return s("g", { class: `heads-row ${hue(column.number)}`,
			    transform: `translate(${column.lanes[0].x} 27)` },
			    shape(column.number, 13, { class: "body" }),
			    s("text", { class: "number", dy: ".35em" },
			        roman(column.number)),
			    s("text", { class: "label", x: 24,
			        y: second ? -3 : 4 }, name),
			    second && s("text", { class: "label who", x: 24,
			        y: 11 }, second),
			    s("title", {}, `${nameOf(column.replica, this.names)
			    } ${column.replica} ${users}`));
		});
	}

	drawHead() {
		this.head.setAttribute("viewBox",
		    `0 0 ${this.plan.width} ${headHeight}`);
		replace(this.head, this.drawHeads());
	}

	// On paper the drawing is cut between its layers where a page ends.  A <use>
	// is outside of the figure for a selector, so what is used has the class
	// "stemma" itself.  (The heads stand on the first page alone: in a <thead>,
	// which is repeated, Chromium forgets where the parts of a picture are.)
	drawPaper() {
		const { width, cuts } = this.plan;
		const row = (viewBox, what) => h("tr", {}, h("td", {},
		    s("svg", { viewBox }, what)));

		replace(this.paper, h("tbody", {},
		    row(`0 0 ${width} ${headHeight}`, this.drawHeads()),
		    cuts.map(([from, to]) => row(`0 ${from} ${width} ${to - from}`,
		        s("use", { href: "#stemma-tree" })))));
	}

	drawLegend() {
		const { plan } = this, has = (f) => plan.nodes.some(f);
		const server = (c) => {
			const users = usersOf(plan, c.replica).join(", ");

			return h("li", {}, s("svg", { class: `sign ${hue(c.number)}`,
			    viewBox: "-14 -14 28 28", "aria-hidden": "true" },
			    shape(c.number, 10, { class: "body" })),
			    `${roman(c.number)} `, nameOf(c.replica, this.names),
			    c.replica === this.lineage.replica &&
			        ` (${t("stemma.here")})`, users && `: ${users}`);
		};
		const sign = (name, draw) => h("li", {}, s("svg", { class: "sign",
			viewBox: "-14 -14 28 28", "aria-hidden": "true" }, draw),
		    t(`stemma.legend.${name}`));
		const circle = (props) => s("g", { class: `node ${props}` },
		    s("circle", { r: 12, class: "ring" }),
		    s("circle", { r: 9, class: "body" }));
		const text = (cls, what) => s("g", { class: `badge-sign ${cls}` },
		    s("circle", { r: 8 }), s("text", { dy: ".36em" }, what));

		replace(this.legend, h("ul", { class: "legend" },
		    [...plan.columns].sort((a, b) => a.number - b.number)
		        .map(server),
		    sign("head", circle("head")),
		    has((n) => n.draft) && sign("draft", circle("draft")),
		    has((n) => n.merged || n.kept) && sign("merge", [
		        s("path", { class: "line", d: "M-9 -12C-9 0 0 0 0 12" }),
		        s("path", { class: "line", d: "M9 -12C9 0 0 0 0 12" })]),
		    plan.lines.some((l) => l.presumed) && sign("presumed",
		        s("path", { class: "line presumed", d: "M0 -13V13" })),
		    plan.clashes.length > 0 && sign("clash", text("clash", "≠")),
		    has((n) => n.gold) && sign("gold", text("gold", "★")),
		    has((n) => n.kind === "delete") &&
		        sign("dead", text("dead", "†"))),
		    h("p", {}, t(this.plan.all.some((n) => n.stage)
		        ? "stemma.how" : "stemma.how.short")));
	}

	drawBar() {
		keepFocus(this.bar, () => this.fillBar());
	}

	fillBar() {
		const icon = (label, sign, run) => h("button", { type: "button",
			class: "icon", "aria-label": label, title: label,
			onclick: run }, sign);
		const folded = this.plan.nodes.some((n) => n.kind === "run");
		const choose = h("button", { type: "button",
			"aria-pressed": String(this.comparing),
			onclick: () => this.setComparing(!this.comparing) },
		    t("stemma.compare"));

		replace(this.bar, this.plan.all.length > 1 && choose,
		    (folded || (this.unfolded.size > 0 || this.unfolded === true)) &&
		        h("button", { type: "button", class: "quiet",
		            onclick: () => this.fold(!folded) },
		            t(folded ? "stemma.unfold" : "stemma.fold")),
		    this.hint = h("span", { class: "grow hint", role: "status" },
		        this.hintText()),
		    h("span", { class: "row zoom", role: "group",
		        "aria-label": t("stemma.zoom") },
		        icon(t("stemma.smaller"), "−", () => this.zoom(-1)),
		        icon(t("stemma.fit"), "⤢", () => this.zoom(0)),
		        icon(t("stemma.larger"), "+", () => this.zoom(1))));
	}

	hintText() {
		if (!this.comparing && !this.chosen.length)
			return "";
		const [one, two] = this.chosen;

		return !one ? t("stemma.choose.first")
		    : !two ? t("stemma.choose.second", { one: one.siglum })
		    : t("stemma.choose.both", { one: one.siglum,
		        two: two.siglum });
	}

	// ---- what is marked

	mark() {
		for (const [node, mark] of this.marks) {
			const chosen = this.chosen.some((c) => c.id === node.id);

			mark.setAttribute("aria-selected", String(chosen));
			mark.setAttribute("tabindex",
			    node === this.current ? "0" : "-1");
			mark.classList.toggle("opened", node.id === this.opened);
		}
		if (this.hint)
			this.hint.textContent = this.hintText();
	}

	showKin(node) {
		const family = node ? kin(node) : null;

		this.svg.classList.toggle("dim", family !== null);
		for (const [other, mark] of this.marks)
			mark.classList.toggle("kin", family?.has(other) === true);
		for (const { line, node: drawn } of this.lines)
			drawn.classList.toggle("kin", family?.has(line.parent) &&
			    family.has(line.child));
	}

	setOpened(id) {
		this.opened = id;
		this.mark();
	}

	setComparing(on) {
		this.comparing = on;
		if (!on)
			this.chosen = [];
		this.svg.classList.toggle("choosing", on);
		this.drawBar();
		this.mark();
	}

	// ---- what a person does

	goTo(node) {
		this.current = node;
		this.mark();
	}

	focus(node) {
		if (!node)
			return;
		this.goTo(node);
		this.marks.get(node).focus({ preventScroll: true });
		this.showKin(node);
		this.marks.get(node).scrollIntoView({ block: "nearest",
			inline: "nearest" });
	}

	click(node, event) {
		if (this.comparing || event.shiftKey || event.ctrlKey ||
		    event.metaKey)
			this.choose(node);
		else
			this.enter(node);
	}

	enter(node) {
		this.goTo(node);
		if (node.kind !== "run") {
			this.open(node);
			return;
		}
		const first = node.members[0].id;

		this.unfolded.add(node.id);
		this.redraw();
		this.focus(this.plan.nodes.find((n) => n.id === first));
	}

	fold(isOn) {
		this.unfolded = isOn ? new Set() : true;
		this.redraw();
	}

	choose(node) {
		const was = this.chosen.findIndex((c) => c.id === node.id);

		if (node.kind === "run")
			return;
		if (was >= 0)
			this.chosen.splice(was, 1);
		else
			this.chosen = [...this.chosen.slice(-1), node];
		this.goTo(node);
		if (this.chosen.length === 2)
			this.compare(...[...this.chosen].sort((a, b) =>
			    this.plan.all.indexOf(a) - this.plan.all.indexOf(b)));
	}

	key(event) {
		const { key } = event, { nodes } = this.plan, at = this.current;
		const does = {
			Enter: () => this.enter(at),
			" ": () => this.choose(at),
			Home: () => this.focus(nodes[0]),
			End: () => this.focus(this.newest()),
			"+": () => this.zoom(1),
			"-": () => this.zoom(-1),
			0: () => this.zoom(0),
		};

		if (!at || event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (key.startsWith("Arrow"))
			this.focus(neighbour(nodes, at, key));
		else if (Object.hasOwn(does, key))
			does[key]();
		else
			return;
		event.preventDefault();
	}

	// ---- its size

	// What is drawn smaller than that is scrolled.
	room() {
		return this.scroll.clientWidth / smallest || Infinity;
	}

	fits() {
		const room = this.scroll.clientWidth - 2;

		return Math.max(smallest, Math.min(1.15, room / this.plan.width));
	}

	zoom(step) {
		const now = this.scale ?? this.fits();

		if (step === 0)
			this.scale = null;
		else if (step > 0)
			this.scale = scales.find((x) => x > now + 0.01) ?? now;
		else
			this.scale = scales.findLast((x) => x < now - 0.01) ?? now;
		this.resize();
	}

	resize() {
		if (!this.plan || !this.scroll.clientWidth)
			return;
		if (this.plan.isTight !== this.plan.roomyWidth > this.room()) {
			this.redraw();
			return;
		}
		const scale = this.scale ?? this.fits();
		const width = `${Math.round(this.plan.width * scale)}px`;

		this.svg.style.width = this.head.style.width = width;
	}
}
