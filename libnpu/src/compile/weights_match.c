/* SPDX-License-Identifier: MIT */
#include "compile/weights_match.h"

#include <string.h>

#define CELL 4			/* bytes with the same seats */
#define ARC 4			/* seats of a cell */
#define MAX_CAPACITY (2 * WEIGHT_MAX_STEPS)

/* Seats of a circle, and how many slots of one step share a seat. */
static uint32_t seats_of(uint32_t v, enum onpu_block mode)
{
	return mode == ONPU_BLOCK_G2 ? v / 2 : v;
}

static uint32_t copies_of(enum onpu_block mode)
{
	return mode == ONPU_BLOCK_G2 ? 2 : 1;
}

uint32_t npu_weight_match_steps(uint32_t v, enum onpu_block mode,
				const struct weight_window *windows, uint32_t lanes)
{
	uint8_t cells[2 * WEIGHT_MAX_LANES][WEIGHT_MAX_LANES] = { { 0 } };
	uint8_t sums[WEIGHT_MAX_LANES][WEIGHT_MAX_LANES];
	uint32_t seats = seats_of(v, mode), copies = copies_of(mode), most = 0, steps;

	for (uint32_t l = 0; l < lanes; l++) {
		uint32_t count = weight_window_count(&windows[l]);

		most = count > most ? count : most;
	}
	steps = (most + seats * copies - 1) / (seats * copies);
	if (!steps || steps > WEIGHT_MAX_STEPS)
		return steps ? WEIGHT_MAX_STEPS + 1 : 0;

	for (uint32_t l = 0; l < lanes; l++) {
		for (uint32_t c = 0; c < seats; c++) {
			uint64_t nibble = windows[l].bits[c / 16] >> (c % 16 * CELL) & 0xf;

			cells[c][l] = (uint8_t)__builtin_popcountll(nibble);
			cells[c + seats][l] = cells[c][l];
		}
	}
	/*
	 * A run of n neighbouring cells has n + ARC - 1 seats, as long as that is not
	 * all of them; then only the total matters, which was checked.
	 */
	memset(sums, 0, sizeof(sums));
	for (uint32_t n = 1; n + ARC - 1 < seats; n++) {
		uint8_t high[WEIGHT_MAX_LANES] = { 0 };
		uint32_t room = (n + ARC - 1) * copies;

		for (uint32_t s = 0; s < seats; s++) {
			for (uint32_t l = 0; l < WEIGHT_MAX_LANES; l++) {
				sums[s][l] = (uint8_t)(sums[s][l] + cells[s + n - 1][l]);
				high[l] = sums[s][l] > high[l] ? sums[s][l] : high[l];
			}
		}
		most = 0;
		for (uint32_t l = 0; l < WEIGHT_MAX_LANES; l++)
			most = high[l] > most ? high[l] : most;
		if (most > steps * room)
			steps = (most + room - 1) / room;
		if (steps > WEIGHT_MAX_STEPS)
			return WEIGHT_MAX_STEPS + 1;
	}
	return steps;
}

struct seating {
	uint32_t seats;			/* a power of two */
	uint32_t capacity;		/* of a seat */
	uint32_t all;			/* mask of the seats */
	uint32_t free;			/* seats that are not full */
	uint32_t closed;		/* full seats that no exchange can empty */
	uint8_t taken[WEIGHT_MAX_LANES];
	uint8_t who[WEIGHT_MAX_LANES][MAX_CAPACITY];
};

/* The seats of a cell. */
static uint32_t arc_of(const struct seating *s, uint32_t cell)
{
	uint64_t arc = (uint64_t)((1u << ARC) - 1) << ((cell - (ARC - 1)) & (s->seats - 1));

	return (uint32_t)(arc | arc >> s->seats) & s->all;
}

static void sit(struct seating *s, uint32_t seat, uint8_t byte)
{
	s->who[seat][s->taken[seat]++] = byte;
	if (s->taken[seat] == s->capacity)
		s->free &= ~(1u << seat);
}

/*
 * Moves bytes that sit already from seat to seat, along the shortest chain that ends at
 * a free one, to make room for this byte.
 */
static int exchange(struct seating *s, uint8_t byte)
{
	uint8_t queue[WEIGHT_MAX_LANES], from[WEIGHT_MAX_LANES], index[WEIGHT_MAX_LANES];
	uint32_t head = 0, tail = 0, seen = arc_of(s, byte / CELL) & ~s->closed;
	uint32_t first = seen;

	for (uint32_t m = seen; m; m &= m - 1)
		queue[tail++] = (uint8_t)__builtin_ctz(m);
	while (head < tail) {
		uint32_t seat = queue[head++];

		for (uint32_t i = 0; i < s->capacity; i++) {
			uint32_t fresh = arc_of(s, s->who[seat][i] / CELL) & ~seen & ~s->closed;

			seen |= fresh;
			for (uint32_t m = fresh; m; m &= m - 1) {
				uint32_t next = (uint32_t)__builtin_ctz(m);

				from[next] = (uint8_t)seat;
				index[next] = (uint8_t)i;
				queue[tail++] = (uint8_t)next;
				if (!(s->free >> next & 1))
					continue;
				sit(s, next, s->who[seat][i]);
				while (!(first >> seat & 1)) {
					uint32_t before = from[seat], k = index[seat];

					s->who[seat][i] = s->who[before][k];
					seat = before;
					i = k;
				}
				s->who[seat][i] = byte;
				return 1;
			}
		}
	}
	/* What was seen is full with bytes that have no other seat: it stays so. */
	s->closed |= seen;
	return 0;
}

void npu_weight_match_lane(uint32_t v, enum onpu_block mode, uint32_t steps,
			   const struct weight_window *window, uint8_t *place,
			   uint32_t step_pitch, struct weight_window *placed)
{
	uint32_t copies = copies_of(mode);
	struct seating s = { .seats = seats_of(v, mode), .capacity = copies * steps };

	s.all = s.free = (uint32_t)(((uint64_t)1 << s.seats) - 1);
	*placed = (struct weight_window){ { 0, 0 } };
	for (uint32_t word = 0; word < WEIGHT_MAX_WINDOW / 64; word++) {
		uint64_t bits = window->bits[word];

		while (bits && s.closed != s.all) {
			uint32_t byte = word * 64 + (uint32_t)__builtin_ctzll(bits);
			uint32_t cell = byte / CELL, arc = arc_of(&s, cell) & s.free;
			uint32_t start = (cell - (ARC - 1)) & (s.seats - 1);
			uint64_t turned;

			bits &= bits - 1;
			if (arc) {
				/* The first seat is the one that later bytes miss least. */
				turned = (uint64_t)arc | (uint64_t)arc << s.seats;
				start += (uint32_t)__builtin_ctzll(turned >> start);
				sit(&s, start & (s.seats - 1), (uint8_t)byte);
			} else if (!exchange(&s, (uint8_t)byte)) {
				continue;
			}
			placed->bits[word] |= (uint64_t)1 << (byte % 64);
		}
	}
	for (uint32_t step = 0; step < steps; step++)
		memset(place + step * step_pitch, WEIGHT_EMPTY, v);
	for (uint32_t seat = 0; seat < s.seats; seat++) {
		for (uint32_t i = 0; i < s.taken[seat]; i++) {
			uint32_t slot = seat + i % copies * s.seats;

			place[i / copies * step_pitch + slot] = s.who[seat][i];
		}
	}
}

uint32_t npu_weight_match_select(uint32_t v, enum onpu_block mode, uint32_t slot, uint32_t byte)
{
	return (byte - 4 * slot) & (weight_window_bytes(v, mode) - 1);
}
