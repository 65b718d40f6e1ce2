// SPDX-License-Identifier: MIT
// Copyright (c) 2026 The Stemma authors

// Makes a browser's screenshots smaller without a loss: they are written fast,
// and pictures of flat colours and text are smaller without filters.
// (PNG, third edition: sections 5.3 and 9.2.)

import zlib from "node:zlib";

const signature = 8;

function* chunks(png) {
	for (let at = signature; at < png.length;) {
		const size = png.readUInt32BE(at);

		yield { type: png.toString("latin1", at + 4, at + 8),
			data: png.subarray(at + 8, at + 8 + size) };
		at += size + 12;
	}
}

// Of PNG's annex D; Node's own is too young.
function crc32(data) {
	let c = ~0;

	for (const byte of data) {
		c ^= byte;
		for (let i = 0; i < 8; i++)
			c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
	}
	return ~c >>> 0;
}

function chunk(type, data) {
	const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
	const size = Buffer.alloc(4), sum = Buffer.alloc(4);

	size.writeUInt32BE(data.length);
	sum.writeUInt32BE(crc32(named));
	return Buffer.concat([size, named, sum]);
}

function paeth(a, b, c) {
	const p = a + b - c;
	const pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);

	return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

const predict = [() => 0, (a) => a, (a, b) => b, (a, b) => (a + b) >> 1,
	paeth];

// Rows that were filtered, as they were before; each keeps its first byte, 0.
function unfilter(rows, width, bpp) {
	const row = width * bpp + 1;

	for (let y = 0; y * row < rows.length; y++) {
		const at = y * row, f = predict[rows[at]];

		rows[at] = 0;
		for (let x = 1; x < row; x++) {
			const a = x > bpp ? rows[at + x - bpp] : 0;
			const b = y ? rows[at + x - row] : 0;
			const c = y && x > bpp ? rows[at + x - row - bpp] : 0;

			rows[at + x] += f(a, b, c);
		}
	}
	return rows;
}

export function smaller(png) {
	const all = [...chunks(png)];
	const head = all.find((c) => c.type === "IHDR").data;
	const bpp = { 2: 3, 6: 4 }[head[9]];

	if (!bpp || head[8] !== 8 || head[12] !== 0)
		return png;
	const rows = unfilter(zlib.inflateSync(Buffer.concat(all
	    .filter((c) => c.type === "IDAT").map((c) => c.data))),
	    head.readUInt32BE(0), bpp);
	const fresh = Buffer.concat([png.subarray(0, signature),
		chunk("IHDR", head), chunk("IDAT", zlib.deflateSync(rows,
		    { level: 9, memLevel: 9 })), chunk("IEND", Buffer.alloc(0))]);

	return fresh.length < png.length ? fresh : png;
}
