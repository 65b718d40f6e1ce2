/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */

/*
 * Checkpoints, floors, and what may be removed: a writer who may sleep between
 * any two steps while the chain goes on and the floor passes over its own commit;
 * others, who publish, write checkpoints and raise the floor; collectors, whose
 * DELETEs arrive whenever they like; a newcomer.
 *
 * That the swap of the head is exact is what head.pml is about: here it is one
 * step, which takes effect late (the writer's) or at once (the others').
 *
 * The rules under test, as a reader who implements them needs them:
 *   1. a commit below the floor before the present one may be removed
 *   2. a commit outside the chain may be removed when its version is not above
 *      the head's
 *   3. a checkpoint of version v is named by the commit of version v + 1 or never
 *      (a lost swap drops it); an unnamed one may be removed when v is BELOW the
 *      head's version, not when it is equal
 *   4. a named checkpoint may be removed when it is below the floor before the
 *      present one
 *   5. the floor is at most the version of the checkpoint before the newest
 *
 * Any number of collectors is covered: what one may remove, all may, and sending
 * it twice is sending it once.
 *
 * Bounds: OTHERS (processes), STEPS (commits of all of them together), TXNS (of
 * the writer), CRASHES, COMMITS (objects), CHECKPOINTS.
 *
 * Mistakes, which must be found:
 *   NO_REPLICAS   who jumps over its own commit does not look into the
 *                 checkpoint's table of replicas
 *   ORPHAN_ABOVE  rule 2 with a version one above the head's
 *   CHECKPOINT_AT rule 3 with "not above" in place of "below"
 *   REBASE        a checkpoint is named, after a lost swap, by a later commit
 *   FLOOR_HIGH    a floor above the newest checkpoint
 *   BY_LISTING    a named checkpoint goes when a newer one is seen in a listing
 *   TRUST_UPLOAD  a checkpoint is named without having been read back
 */

#ifndef OTHERS
#define OTHERS 1
#endif
#ifndef STEPS
#define STEPS 4
#endif
#ifndef WRITER
#define WRITER 1
#endif
#ifndef NEWCOMER
#define NEWCOMER 0
#endif
#ifndef TXNS
#define TXNS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef TORN
#define TORN 1
#endif
#ifndef LOST
#define LOST 1
#endif
#ifndef COMMITS
#define COMMITS (STEPS + TXNS + OTHERS + 1)
#endif
#ifndef CHECKPOINTS
#define CHECKPOINTS (STEPS + 1)
#endif

#define N (COMMITS + 1)
#define K (CHECKPOINTS + 1)

/* Commits; 0 is the empty history. */
byte ver[N], par[N];
byte edit[N];              /* the writer's transaction, from 1; 0: another's */
byte names[N];             /* the newest checkpoint, by number */
byte prior[N];             /* the one before it: its version */
byte floor[N], floor_before[N];
bool used[N], there[N], doomed[N]; /* the object; a DELETE is under way */
bool in_chain[N];

/* Checkpoints. */
byte cver[K];              /* of this version */
byte cedits[K];            /* `replicas`: the writer's last transaction */
bool cused[K], cthere[K], cwhole[K], cdoomed[K], cnamed[K];

byte head = 0;
byte moving = 0;           /* the writer's MOVE, under way to this commit */
byte steps = STEPS, crashes = CRASHES, torn = TORN, lost = LOST;
bool wrote = false;        /* the writer has ended */

hidden byte c_, d_, e_;

/* ---- what must hold ------------------------------------------------------ */

/* All that a reader of the head needs is there. */
inline sound()
{
	c_ = head;
	do
	:: c_ != 0 && ver[c_] > cver[names[head]] ->
		assert(there[c_]);
		c_ = par[c_]
	:: else -> break
	od;
	assert(names[head] == 0 || (cthere[names[head]] && cwhole[names[head]]));
	assert(floor[head] <= cver[names[head]])
}

/* The writer's last transaction in the chain of `id`; each is there once, in
 * order. */
inline edits(id, last)
{
	c_ = id;
	last = 0;
	d_ = 255;
	do
	:: c_ != 0 ->
		if
		:: edit[c_] != 0 ->
			assert(edit[c_] < d_);
			d_ = edit[c_];
			last = (last == 0 -> edit[c_] : last)
		:: else
		fi;
		c_ = par[c_]
	:: else -> break
	od
}

inline swapped(id)
{
	head = id;
	moving = (moving != 0 && par[moving] == head -> moving : 0);
	in_chain[head] = true;
	cnamed[names[head]] = true;
	sound();
	edits(head, e_);
	e_ = 0
}

/* ---- numbers --------------------------------------------------------------- */

/* A commit on `base`, put and read back. */
inline make(id, base, what)
{
	c_ = 1;
	do
	:: c_ < N && used[c_] -> c_++
	:: else -> break
	od;
	assert(c_ < N); /* else COMMITS is too small */
	id = c_;
	used[id] = true;
	there[id] = true;
	ver[id] = ver[base] + 1;
	par[id] = base;
	edit[id] = what;
	names[id] = names[base];
	prior[id] = prior[base];
	floor[id] = floor[base];
	floor_before[id] = floor_before[base]
}

/* What lost is an orphan; nobody looks at it again, so that its number is free:
 * removing it or not is the same to all. */
inline forget(id)
{
	used[id] = false; there[id] = false; doomed[id] = false;
	ver[id] = 0; par[id] = 0; edit[id] = 0; names[id] = 0; prior[id] = 0;
	floor[id] = 0; floor_before[id] = 0;
	id = 0
}

/* Likewise of an unnamed checkpoint. */
inline forget_checkpoint(k)
{
	cused[k] = false; cthere[k] = false; cwhole[k] = false;
	cdoomed[k] = false; cver[k] = 0; cedits[k] = 0;
	k = 0
}

inline make_checkpoint(k, base)
{
	c_ = 1;
	do
	:: c_ < K && cused[c_] -> c_++
	:: else -> break
	od;
	assert(c_ < K); /* else CHECKPOINTS is too small */
	k = c_;
	cused[k] = true;
	cthere[k] = true;
	cver[k] = ver[base];
	edits(base, cedits[k])
}

/* ---- collectors, and the net ------------------------------------------------ */

#ifdef ORPHAN_ABOVE
#define ORPHAN_MAX (ver[head] + 1)
#else
#define ORPHAN_MAX ver[head]
#endif
#ifdef CHECKPOINT_AT
#define UNNAMED_MAX ver[head]
#else
#define UNNAMED_MAX (ver[head] - 1)
#endif

#define MAY_GO(id)                                                      \
	(there[id] && !doomed[id] &&                                    \
	    ((in_chain[id] && ver[id] < floor_before[head]) ||          \
		(!in_chain[id] && ver[id] <= ORPHAN_MAX)))

#ifdef BY_LISTING
#define NEWER(k, j) (j < K && cthere[j] && cver[j] > cver[k])
#define NAMED_MAY_GO(k) (NEWER(k, 1) || NEWER(k, 2) || NEWER(k, 3))
#else
#define NAMED_MAY_GO(k) (cver[k] < floor_before[head])
#endif

#define CHECKPOINT_MAY_GO(k)                                            \
	(cthere[k] && !cdoomed[k] &&                                    \
	    ((cnamed[k] && NAMED_MAY_GO(k)) ||                          \
		(!cnamed[k] && ver[head] > 0 && cver[k] <= UNNAMED_MAX)))

/* A DELETE is sent; it arrives at any time after that. */
#define COLLECT(id)                                                     \
	:: d_step { id < N && MAY_GO(id) -> doomed[id] = true }         \
	:: d_step { id < N && doomed[id] ->                             \
		doomed[id] = false; there[id] = false; sound() }

#define COLLECT_CHECKPOINT(k)                                           \
	:: d_step { k < K && CHECKPOINT_MAY_GO(k) -> cdoomed[k] = true } \
	:: d_step { k < K && cdoomed[k] ->                              \
		cdoomed[k] = false; cthere[k] = false; sound() }

active proctype collectors()
{
end:	do
	COLLECT(1)
	COLLECT(2)
	COLLECT(3)
	COLLECT(4)
#if COMMITS > 4
	COLLECT(5)
#endif
#if COMMITS > 5
	COLLECT(6)
#endif
#if COMMITS > 6
	COLLECT(7)
#endif
#if COMMITS > 7
	COLLECT(8)
#endif
#if COMMITS > 8
	COLLECT(9)
#endif
#if COMMITS > 9
	COLLECT(10)
#endif
#if COMMITS > 10
	COLLECT(11)
#endif
#if COMMITS > 11
	COLLECT(12)
#endif
	COLLECT_CHECKPOINT(1)
	COLLECT_CHECKPOINT(2)
#if CHECKPOINTS > 2
	COLLECT_CHECKPOINT(3)
#endif
#if CHECKPOINTS > 3
	COLLECT_CHECKPOINT(4)
#endif
#if CHECKPOINTS > 4
	COLLECT_CHECKPOINT(5)
#endif
#if CHECKPOINTS > 5
	COLLECT_CHECKPOINT(6)
#endif
#if CHECKPOINTS > 6
	COLLECT_CHECKPOINT(7)
#endif
#if CHECKPOINTS > 7
	COLLECT_CHECKPOINT(8)
#endif
	od
}

/* The writer's MOVE arrives, late or not at all (one whose source is gone does
 * nothing, and is not kept). */
active proctype net()
{
end:	do
	:: d_step { moving != 0 -> swapped(moving) }
	:: d_step { moving != 0 && lost > 0 -> lost--; moving = 0 }
	od
}

/* ---- the others -------------------------------------------------------------- */

/* Publish, name a checkpoint, raise the floor: one commit each. */
proctype other()
{
	byte base, mine = 0, k = 0;
	bool raise;

	do
	:: d_step { steps > 0 -> steps--; base = head }
		/* A checkpoint of the version that it is at. */
		if
		:: true
#ifndef REBASE
		:: k == 0 -> d_step { make_checkpoint(k, base) };
#else
		:: k == 0 && ver[base] > 0 -> d_step { make_checkpoint(k, base) };
#endif
			if
			:: cwhole[k] = true
			:: d_step { torn > 0 -> torn--
#ifndef TRUST_UPLOAD
				; forget_checkpoint(k)
#endif
			   }
			fi
		fi;
		/* The commit object; here a collector may come between. */
		atomic {
			d_step { make(mine, base, 0) };
			if
			:: d_step { k != 0 ->
				prior[mine] = cver[names[base]];
				names[mine] = k }
			:: k == 0
			fi;
			if
			:: true
#ifdef FLOOR_HIGH
			:: d_step { floor_before[mine] = floor[mine];
				floor[mine] = ver[mine] }
#else
			:: d_step { prior[mine] > floor[mine] ->
				floor_before[mine] = floor[mine];
				floor[mine] = prior[mine] }
#endif
			fi
		};
		/* The swap, and the look. */
		d_step {
			if
			:: head == base -> swapped(mine); k = 0; mine = 0
			:: else ->
				forget(mine);
#ifndef REBASE
				if
				:: k != 0 -> forget_checkpoint(k)
				:: else
				fi
#endif
			fi;
			base = 0
		}
	:: steps == 0 -> break
	od
}

/* ---- the writer ---------------------------------------------------------------- */

/* May it walk from `h` down to `base`, or must it jump to the checkpoint? */
#define JUMP(h) (names[h] != 0 && cver[names[h]] > ver[base] &&         \
	(base == 0 || ver[base] + 1 < floor[h]))

/* Down from `h` to version `stop`: is our transaction there? */
inline walk(h, stop)
{
	c_ = h;
	e_ = 0;
	do
	:: c_ != 0 && ver[c_] > stop ->
		assert(there[c_]);
		e_ = (edit[c_] == done + 1 -> 1 : e_);
		c_ = par[c_]
	:: else -> break
	od
}

inline pull()
{
	if
	:: JUMP(head) ->
		assert(cthere[names[head]] && cwhole[names[head]]);
		walk(head, cver[names[head]]);
#ifndef NO_REPLICAS
		e_ = (cedits[names[head]] > done -> 1 : e_);
#endif
		assert(!frozen || ver[mine] <= cver[names[head]])
	:: else -> walk(head, ver[base])
	fi;
	if
	:: e_ == 1 -> done++; frozen = false; mine = 0
	:: e_ == 0 && frozen && ver[mine] <= ver[head] ->
		frozen = false;
		if
		:: !in_chain[mine] -> forget(mine)
		:: else -> mine = 0
		fi
	:: else
	fi;
	base = head
}

proctype writer()
{
	byte base = 0, done = 0, mine = 0;
	bool frozen = false;

	do
	:: atomic {
		d_step {
			if
			:: head != base -> pull()
			:: else
			fi
		};
		if
		:: done == TXNS -> break
		:: done < TXNS && frozen
		:: done < TXNS && !frozen ->
			d_step { make(mine, base, done + 1); frozen = true }
		fi
	   };
	   /* A MOVE that is repeated, or lost with a crash; then it looks. */
	   if
	   :: d_step { par[mine] == head -> moving = mine }
	   :: d_step { crashes > 0 -> crashes-- }
	   :: par[mine] != head
	   fi;
	   head != base || moving == 0
	od;
	true;
	d_step {
		edits(head, e_);
		assert(e_ == TXNS);
		wrote = true
	}
}

/* ---- a newcomer ------------------------------------------------------------------ */

/*
 * Reads the head, loads the checkpoint that it names, walks: with time between
 * any two of these.  What is not there any more sends it back to the head, and
 * the head has gone on.
 */
proctype newcomer()
{
	byte h, at, k;

again:	true;
	d_step { h = head; at = h; k = 0 };
	if
	:: !there[h] && h != 0 -> assert(h != head); goto again
	:: else
	fi;
	if
	:: names[h] != 0 && !cthere[names[h]] -> assert(h != head); goto again
	:: names[h] != 0 && cthere[names[h]] -> k = names[h]
	:: names[h] == 0
	fi;
	do
	:: at != 0 && ver[at] > cver[k] && there[at] -> at = par[at]
	:: at != 0 && ver[at] > cver[k] && !there[at] ->
		assert(h != head);
		goto again
	:: else -> break
	od;
	assert(ver[at] == cver[k]) /* it is of the chain that names it */
}

init {
	byte i = 0;

	atomic {
#if WRITER
		run writer();
#endif
#if NEWCOMER
		run newcomer();
#endif
		do
		:: i < OTHERS -> run other(); i++
		:: else -> break
		od
	}
}
