/* SPDX-License-Identifier: MIT */
/* Copyright (c) 2026 The Stemma authors */

/*
 * The swap of the head: writers who race, a net that keeps a MOVE for as long as
 * it likes, repeats it or loses it, torn objects, crashes at any step.
 *
 * A commit is a number, given when its object is made (each writer has SLOTS of
 * them); what its header says stands in ver, par, who, what and txn.  The answer of a MOVE is not in this model,
 * because nobody reads it: whatever it says, the writer looks at head/.
 *
 * Bounds: WRITERS, TXNS (transactions of each), SLOTS (objects of each), and
 * budgets: CRASHES, TORN, LOST (MOVEs that never arrive), LAG (listings that
 * show the head before).
 *
 * Variants, in which the protocol must hold as well:
 *   REBUILD      who comes back from a crash has not kept the frozen bytes, and
 *                makes a new object of the same transaction
 *   LEFTOVER     the server once leaves the old name behind (nobody gets on
 *                then; but nobody is told of a commit that is lost)
 * Mistakes, which must be found:
 *   TARGET       won by "the target is there" (with LEFTOVER)
 *   OWN_BY_ID    one's own commit is known by its id (with REBUILD)
 *   COPY         a MOVE that copies
 *   ANSWER       won by the answer
 *   THAW         who comes back from a crash begins a new txn, though the
 *                outcome of the last is open
 *   NO_READBACK  an object is not read back before the swap
 *   NO_REPEAT    a MOVE without effect is not repeated: it waits for ever
 *   PARTIAL      a listing that hides a name (with LEFTOVER: two faults at
 *                once, which is more than the protocol can bear)
 */

#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef TXNS
#define TXNS 2
#endif
#ifndef SLOTS
#define SLOTS (TXNS + 1)
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
#ifndef LAG
#define LAG 1
#endif

#define NOBODY 255
#define COMMITS (WRITERS * SLOTS)
#define N (COMMITS + 1)

/* The store and the net.  Commit 0 is the empty history. */
byte ver[N], par[N], who[N]; /* headers; never change */
byte what[N];                /* the edit that is published */
byte txn[N];                 /* the transaction that does it */
bool used[N];                         /* numbers that mean something */
bool whole[N];                        /* the object, else torn */
bool name[N];                         /* the names in head/ */
bool net[N];                          /* a MOVE to this name is under way */
byte before;                          /* the head before the head */

byte crashes = CRASHES, torn = TORN, lost = LOST, lag = LAG;
#ifdef LEFTOVER
bool leftover = true;
#endif

/* What writers were told: the commit by which their transaction is in. */
byte told[WRITERS * TXNS];

#if defined(LEFTOVER) || defined(COPY)
#define EXACT false
#else
#define EXACT true
#endif

/* ---- what must hold ------------------------------------------------------ */

hidden byte c_, d_, n_, found_;

/* found_ := is `a` an ancestor of `b`, or the same? */
#define ANCESTOR(a, b)                          \
	d_ = b;                                 \
	do                                      \
	:: d_ != a && d_ != 0 -> d_ = par[d_]   \
	:: else -> break                        \
	od;                                     \
	found_ = (d_ == a -> 1 : 0)

/* A transaction is in the chain of `id` once at most. */
inline no_double(id)
{
	c_ = id;
	do
	:: c_ != 0 ->
		d_ = par[c_];
		do
		:: d_ != 0 ->
			assert(!(who[c_] == who[d_] && what[c_] == what[d_]));
			d_ = par[d_]
		:: else -> break
		od;
		c_ = par[c_]
	:: else -> break
	od
}

/* All that anybody was told lies on one line. */
inline one_line(id)
{
	c_ = 0;
	do
	:: c_ < WRITERS * TXNS ->
		if
		:: told[c_] != 0 ->
			ANCESTOR(told[c_], id);
			if
			:: found_ == 0 ->
				ANCESTOR(id, told[c_]);
				assert(found_ == 1)
			:: else
			fi
		:: else
		fi;
		c_++
	:: else -> break
	od
}

/* ---- the server ----------------------------------------------------------- */

inline names(n)
{
	n = 0;
	c_ = 0;
	do
	:: c_ < N -> n = n + name[c_]; c_++
	:: else -> break
	od
}

/*
 * A MOVE whose source is gone for good does nothing, whenever it arrives: it
 * need not be kept.
 */
inline no_more(id)
{
	c_ = 1;
	do
	:: c_ < N ->
		net[c_] = net[c_] && !(EXACT && par[c_] == par[id]);
		c_++
	:: else -> break
	od
}

/* A number that nobody knows any more is free again. */
inline forget(id)
{
	if
	:: id != 0 && !net[id] && !name[id] ->
		used[id] = false;
		whole[id] = false;
		ver[id] = 0; par[id] = 0; who[id] = 0; what[id] = 0; txn[id] = 0;
		id = 0
	:: else
	fi
}

/* A MOVE takes effect: the source must be there, the target must not. */
inline deliver(id)
{
	net[id] = false;
	if
	:: name[par[id]] && !name[id] ->
		name[id] = true;
#ifndef COPY
		name[par[id]] = false;
#endif
		before = (lag > 0 -> par[id] : 0);
		no_more(id);
		assert(whole[id]);
		no_double(id);
		names(n_);
#ifndef LEFTOVER
		assert(n_ == 1)
#endif
	:: else
	fi
}

#ifdef LEFTOVER
#define LEAVE(id)                                               \
	:: d_step { net[id] && leftover && name[par[id]] && !name[id] -> \
		leftover = false; deliver(id); name[par[id]] = true }
#else
#define LEAVE(id)
#endif

#define DELIVER(id)                                             \
	:: d_step { net[id] -> deliver(id) }   \
	:: d_step { net[id] && lost > 0 ->     \
		lost--; net[id] = false }                               \
	LEAVE(id)

active proctype server()
{
end:	do
	DELIVER(1)
	DELIVER(2)
#if COMMITS > 2
	DELIVER(3)
#endif
#if COMMITS > 3
	DELIVER(4)
#endif
#if COMMITS > 4
	DELIVER(5)
#endif
#if COMMITS > 5
	DELIVER(6)
#endif
#if COMMITS > 6
	DELIVER(7)
#endif
#if COMMITS > 7
	DELIVER(8)
#endif
#if COMMITS > 8
	DELIVER(9)
#endif
#if COMMITS > 9
	DELIVER(10)
#endif
#if COMMITS > 10
	DELIVER(11)
#endif
#if COMMITS > 11
	DELIVER(12)
#endif
	od
}

/* ---- a writer -------------------------------------------------------------- */

/* Look at head/: the one name, or NOBODY when there are two. */
inline look(h)
{
	if
	:: d_step {
		h = NOBODY;
		names(n_);
		c_ = 0;
		do
		:: c_ < N && name[c_] -> h = c_; c_++
		:: c_ < N && !name[c_] -> c_++
		:: else -> break
		od;
		if
		:: n_ != 1 -> h = NOBODY
		:: else
		fi;
		c_ = 0
	   }
	:: d_step { lag > 0 -> lag--; h = before;
		before = (lag > 0 -> before : 0) }
#ifdef PARTIAL
	:: atomic {
		true;
		h = 0;
		do
		:: h + 1 < N -> h++
		:: break
		od;
		if
		:: !name[h] -> h = NOBODY
		:: else
		fi
	   }
#endif
	fi
}

/* A commit of the transaction under way. */
#define OURS(id) (who[id] == me && txn[id] == tx)

/* The way from `h` down to `base`: our transaction may be on it. */
inline walk(h)
{
	found_ = 0;
	d_ = h;
	do
	:: d_ != base && d_ != 0 ->
		assert(whole[d_]);
#ifdef OWN_BY_ID
		found_ = (found_ == 1 || (frozen && d_ == mine) -> 1 : 0);
#else
		found_ = (found_ == 1 || OURS(d_) -> 1 : 0);
#endif
		d_ = par[d_]
	:: else -> break
	od;
	assert(d_ == base) /* it is our history */
}

/* It is told that its transaction is in, by commit `id`. */
inline tell(id)
{
	one_line(id);
	told[me * TXNS + done] = id;
	done++;
	tx = done;
	frozen = false
}

inline pull(h)
{
	walk(h);
	if
	:: found_ == 1 ->
#ifndef OWN_BY_ID
		d_ = h;
		do
		:: !OURS(d_) -> d_ = par[d_]
		:: else -> break
		od;
		mine = d_;
#endif
		tell(mine)
	:: found_ == 0 && frozen && ver[mine] <= ver[h] ->
		/* Another has that version: lost, which thaws the outbox. */
		frozen = false;
		forget(mine)
	:: else
	fi;
	base = h
}

/* An object with a number of its own; put, and as a rule read back. */
inline make()
{
	c_ = me * SLOTS + 1;
	do
	:: c_ <= (me + 1) * SLOTS && used[c_] -> c_++
	:: else -> break
	od;
	assert(c_ <= (me + 1) * SLOTS); /* else SLOTS is too small */
	mine = c_;
	used[mine] = true;
	ver[mine] = ver[base] + 1;
	par[mine] = base;
	who[mine] = me;
	what[mine] = done;
	txn[mine] = tx
}

/*
 * Steps that touch nothing which others see are one step with those before
 * them: the walk (objects never change), making an object (nobody knows its
 * name before the MOVE).
 */
proctype writer(byte me)
{
	/* On disk. */
	byte base = 0, done = 0, mine = 0, tx = 0;
	bool frozen = false;
	/* In memory. */
	byte h = 0;

again:	atomic {
		look(h);
		if
		:: h == NOBODY -> goto stopped
		:: h != NOBODY && ver[h] >= ver[base] && h != base ->
			d_step { pull(h) }
		:: else /* the same, or a listing that lags */
		fi;
		h = 0;
		if
		:: done == TXNS -> goto finished
#ifndef REBUILD
		:: done < TXNS && frozen -> goto swap
		:: done < TXNS && !frozen
#else
		/* The bytes are gone, which transaction it was is known. */
		:: done < TXNS
#endif
		fi;
object:		true;
		d_step { make() };
		if
		:: whole[mine] = true
		:: torn > 0 ->
			torn--;
#ifndef NO_READBACK
			forget(mine);
			goto object
#endif
		fi;
		frozen = true
	}

swap:	if
	:: net[mine] = !(EXACT && !name[par[mine]])
	:: d_step { crashes > 0 -> crashes-- } goto again
	fi;
sent:	true;
#ifdef ANSWER
	if
	:: d_step { true -> tell(mine); base = mine } goto again
	:: true /* an answer of failure, or none */
	fi;
#endif
#ifdef THAW
	if
	:: d_step { crashes > 0 -> crashes--; tx = tx + 16; frozen = false }
		goto again
	:: true
	fi;
#endif
	if
	:: d_step { crashes > 0 -> crashes-- } goto again
#ifdef TARGET
	:: d_step { name[mine] -> tell(mine); base = mine } goto again
#endif
	:: atomic {
		look(h);
		if
		:: h == NOBODY -> goto stopped
		:: h != NOBODY && h == mine ->
			d_step { tell(mine); base = mine; h = 0 }
			goto again
		:: h != NOBODY && h != mine && (h == base || ver[h] < ver[base])
			->
			h = 0;
#ifdef NO_REPEAT
			goto sent
#else
			goto swap /* open: the same again */
#endif
		:: else -> d_step { pull(h); h = 0 } goto again
		fi
	   }
	fi;

	/* Two names that stay: nobody swaps, nothing becomes synced. */
stopped:
	h = 0;
end_stopped:
	false;
finished:
	skip
}

init {
	byte w = 0;

	atomic {
		whole[0] = true;
		name[0] = true;
		do
		:: w < WRITERS -> run writer(w); w++
		:: else -> break
		od
	}
}
