// SPDX-License-Identifier: MIT
// Rescales D and A in hardware against the functional model's: lattices of corners, ties at every
// shift, random values, and stalls.

#include <deque>
#include <vector>

#include "Vonpu_rescale.h"
#include "bench.h"
#include "rescale.h"

namespace {

struct Work {
	int32_t x, q;
	int s;
	bool single;
};

class Bench {
public:
	~Bench() { retire(dut_); }

	void push(int32_t x, int32_t q, int s, bool single)
	{
		step(true, Work{x, q, s, single});
		while (stalls_ && rng() % 4 == 0)
			stall();
	}

	// Drains the pipeline; returns the number of wrong results since the last call.
	unsigned finish()
	{
		for (int i = 0; i < 8; i++)
			step(false, Work{0, 0, 0, false});
		unsigned wrong = wrong_;

		wrong_ = 0;
		return wrong;
	}

	void set_stalls(bool on) { stalls_ = on; }
	uint64_t count() const { return count_; }

private:
	void clock()
	{
		dut_.clk_i = 0;
		dut_.eval();
		dut_.clk_i = 1;
		dut_.eval();
	}

	void stall()
	{
		dut_.load_i = 0;
		dut_.x_i = rng();
		dut_.mult_i = rng() & 0x7fffffff;
		clock();
	}

	void step(bool valid, const Work &work)
	{
		valid_ = ((valid_ << 1) | valid) & 0x3f;
		dut_.load_i = valid_;
		dut_.x_i = work.x;
		dut_.mult_i = work.q;
		dut_.shift_i = work.s & 0x3f;
		dut_.single_i = work.single;
		if (valid)
			queue_.push_back(work);
		clock();
		if (valid_ & 0x20)
			check();
	}

	void check()
	{
		Work w = queue_.front();

		queue_.pop_front();
		int32_t want = w.single ? onpu_rescale_a(w.x, w.q, w.s) :
					  onpu_rescale_d(w.x, w.q, w.s);
		count_++;
		if ((int32_t)dut_.y_o != want && wrong_++ < 5)
			printf("# %c(%d, %d, %d) is %d, not %d\n", w.single ? 'A' : 'D', w.x, w.q,
			       w.s, want, (int32_t)dut_.y_o);
	}

	Vonpu_rescale dut_;
	std::deque<Work> queue_;
	unsigned valid_ = 0, wrong_ = 0;
	uint64_t count_ = 0;
	bool stalls_ = false;
};

std::vector<int32_t> corners()
{
	std::vector<int32_t> x = {0, INT32_MIN, INT32_MAX, INT32_MIN + 1};

	for (int b = 0; b < 31; b++)
		for (int32_t d = -1; d <= 1; d++) {
			x.push_back((int32_t)((1u << b) + (uint32_t)d));
			x.push_back((int32_t)(0u - (1u << b) + (uint32_t)d));
		}
	return x;
}

unsigned lattice(Bench &bench)
{
	const int32_t mults[] = {0, 1, 2, 3, 1 << 15, (1 << 16) - 1, 1 << 16, (1 << 30) - 1, 1 << 30,
				 (1 << 30) + 1, 3 << 29, INT32_MAX - 1, INT32_MAX};

	for (int32_t x : corners())
		for (int32_t q : mults)
			for (int s = -31; s <= 30; s++)
				for (int single = 0; single < 2; single++)
					bench.push(x, q, s, single);
	return bench.finish();
}

// With q = 2^30 and 2^29 the product is a power of two times x: ties of both roundings, at every
// shift, with neighbours.
unsigned ties(Bench &bench)
{
	for (int s = -31; s <= 30; s++)
		for (int power = 28; power <= 30; power++)
			for (int odd = -9; odd <= 9; odd++)
				for (int d = -2; d <= 2; d++) {
					int n = 31 - s - power;	// x / 2^n
					uint32_t half = n > 0 && n <= 32 ? 1u << (n - 1) : 0;
					int32_t x = (int32_t)((uint32_t)odd * half + (uint32_t)d);

					bench.push(x, 1 << power, s, true);
					bench.push(x, 1 << power, s, false);
				}
	return bench.finish();
}

unsigned any(Bench &bench, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int32_t x = (int32_t)rng() >> (rng() % 32);
		int32_t q = (int32_t)((rng() & 0x7fffffff) >> (rng() % 8 ? 0 : rng() % 31));

		bench.push(x, q, (int)(rng() % 62) - 31, rng() & 1);
	}
	return bench.finish();
}

} // namespace

int main(int argc, char **argv)
{
	begin(argc, argv);
	Bench bench;

	ok(lattice(bench) == 0, "corners");
	ok(ties(bench) == 0, "ties at every shift");
	ok(any(bench, 2000000) == 0, "random values");
	bench.set_stalls(true);
	ok(any(bench, 300000) == 0, "random values with stalls");
	printf("# %llu results\n", (unsigned long long)bench.count());
	return end();
}
