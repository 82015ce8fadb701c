// SPDX-License-Identifier: MIT
// The post-processor against the functional model: random legal commands from all sources, with
// random back-pressure everywhere; aborts; rates and latencies.

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "Vonpu_post.h"
#include "bench.h"
#include "post.c"	// the functional model

namespace {

using std::vector;

constexpr unsigned kSram = SRAM_BYTES;

int between(int low, int high) { return (int)pick((uint32_t)low, (uint32_t)high); }
bool one_in(uint32_t n) { return below(n) == 0; }

// One channel block of one tile
struct Block {
	vector<vector<uint32_t>> acc;	// of each pixel, V lanes
	vector<int32_t> bias, mult;
	vector<int8_t> shift;
	bool zero, pair;
	unsigned n;
};

struct Command {
	uint8_t opcode;
	unsigned out_h, out_w, out_c, tile_h, tile_w;
	bool pair;
	onpu_fmap out;
	onpu_post post;
	vector<Block> blocks;
	unsigned vectors;

	bool conv() const { return opcode == ONPU_OPCODE_CONV || opcode == ONPU_OPCODE_DWCONV; }
	bool arithmetic() const
	{
		return post.op2_op >= ONPU_OP2_ADD && post.op2_op <= ONPU_OP2_MUL;
	}
	// Cycles of a full vector: where V is 8 it passes in two parts.
	unsigned rate() const
	{
		return passes() * (V > 8 ? 1 : 2);
	}
	unsigned passes() const
	{
		unsigned k = (post.round != ONPU_ROUND_N) + arithmetic() +
			     (post.act == ONPU_ACT_PRELU);

		return k ? k : 1;
	}
};

// Chances in percent of what may be slow
struct Pace {
	unsigned write, op2, acc, param, vec;
};

constexpr Pace kFull = {100, 100, 100, 100, 100};

// ---- Packing of compute_t ----------------------------------------------------------------------

class Packer {
public:
	explicit Packer(uint32_t *words) : words_(words) {}

	void add(uint64_t value, unsigned bits)
	{
		for (unsigned i = 0; i < bits; i++, at_++) {
			uint32_t mask = 1u << at_ % 32;

			if (value >> i & 1)
				words_[at_ / 32] |= mask;
			else
				words_[at_ / 32] &= ~mask;
		}
	}

	void map(const onpu_fmap &m)
	{
		add(m.row, 16);
		add(m.ring, 16);
		add((uint64_t)m.ring * m.row_pitch, 20);
		add(m.pix_pitch, 20);
		add(m.row_pitch, 20);
		add(m.addr + (uint64_t)m.row * m.row_pitch, 20);
	}

private:
	uint32_t *words_;
	unsigned at_ = 0;
};

void pack(uint32_t *words, const Command &c)
{
	Packer p(words);
	uint32_t post[22];

	memcpy(post, &c.post, sizeof(post));
	for (uint32_t word : post)
		p.add(word, 32);
	p.add((uint64_t)c.tile_w * c.post.op2.pix_pitch, 20);
	p.add((uint64_t)c.tile_w * c.out.pix_pitch, 20);
	p.add(0, 20 + 1 + 20 + 20 + 16 + 16 + 20 + 20 + 16);
	p.map(c.post.op2);
	p.map(c.out);
	p.map(onpu_fmap{});
	p.add(0, 21 + 20 * 3);
	p.add(0, 16 * 4 + 8 + 1);
	p.add(c.pair, 1);
	p.add(0, 2);
	p.add(c.tile_w, 16);
	p.add(c.tile_h, 16);
	p.add(c.out_c, 16);
	p.add(c.out_w, 16);
	p.add(c.out_h, 16);
	p.add(c.opcode, 8);
}

// ---- Random commands ---------------------------------------------------------------------------

int32_t any_mult()
{
	switch (between(0, 9)) {
	case 0: return 0;
	case 1: return INT32_MAX;
	case 2: return 1 << 30;
	case 3: return (int32_t)(rng() & 0x7fffffff) >> between(0, 30);
	default: return (int32_t)(rng() & 0x3fffffff) | 1 << 30;
	}
}

int8_t any_shift()
{
	return (int8_t)(one_in(3) ? between(-31, 30) : between(-12, 2));
}

int clamp16(int v)
{
	return v < -32768 ? -32768 : v > 32767 ? 32767 : v;
}

// low <= high, both with v - zero in 9 bits
void any_range(int zero, int16_t *low, int16_t *high)
{
	int a = clamp16(zero + (one_in(3) ? -256 : between(-256, 255)));
	int b = clamp16(zero + (one_in(3) ? 255 : between(-256, 255)));

	*low = (int16_t)(a < b ? a : b);
	*high = (int16_t)(a < b ? b : a);
}

int any_zero()
{
	return one_in(4) ? (int16_t)rng() : between(-128, 255);
}

onpu_fmap any_map(const Command &c, unsigned *top, unsigned channels, bool distinct)
{
	onpu_fmap m = {};
	unsigned rows = c.out_h;

	m.pix_pitch = channels + (unsigned)between(0, 9);
	m.row_pitch = c.out_w * m.pix_pitch + (unsigned)between(0, 40);
	if (!distinct && one_in(6))
		m.pix_pitch = 0;
	if (!distinct && one_in(6))
		m.row_pitch = 0;
	if (one_in(2)) {
		m.ring = (uint16_t)(distinct ? rows + (unsigned)between(0, 3) : (unsigned)between(1, 9));
		m.row = (uint16_t)between(0, m.ring - 1);
		rows = m.ring;
	} else if (one_in(3)) {
		m.row = (uint16_t)between(0, 5);
		rows += m.row;
	}
	m.addr = *top + (unsigned)between(0, 33);
	*top = m.addr + rows * m.row_pitch + c.out_w * (channels + 9);
	return m;
}

void any_op2(Command *c)
{
	onpu_post *p = &c->post;
	bool is_unsigned = one_in(2);

	p->flags |= is_unsigned ? ONPU_POST_OP2_UNSIGNED : 0;
	p->op2_channels = (uint16_t)(one_in(3) ? (unsigned)between(0, (int)c->out_c) : c->out_c);
	if (one_in(4)) {
		p->flags |= ONPU_POST_OP2_ONE_CHANNEL;
		p->op2_channels = 1;
	}
	if (p->op2_op < ONPU_OP2_MAX) {
		p->op2_zero = (int16_t)(is_unsigned ? between(0, 255) : between(-128, 127));
		p->mult_o = any_mult();
		p->shift_o = any_shift();
		p->zero_o = (int16_t)any_zero();
	} else {
		p->op2_zero = (int16_t)any_zero();
	}
	if (p->op2_op < ONPU_OP2_MUL) {
		p->left_shift = (uint8_t)(one_in(2) ? 20 : between(0, 22));
		p->mult_v = any_mult();
		p->mult_x = any_mult();
		p->shift_v = (int8_t)(one_in(3) ? -between(0, 31) : -between(0, 4));
		p->shift_x = (int8_t)(one_in(3) ? -between(0, 31) : -between(0, 4));
	}
	any_range(p->zero_o + between(-100, 100), &p->min_o, &p->max_o);
	if (p->op2_op >= ONPU_OP2_MAX)
		any_range(between(-200, 200), &p->min_o, &p->max_o);
}

void any_post(Command *c)
{
	onpu_post *p = &c->post;

	*p = {};
	p->round = (uint8_t)between(0, 2);
	p->op2_op = (uint8_t)(one_in(2) ? 0 : between(0, 6));
	p->act = (uint8_t)(one_in(2) ? 0 : between(0, 2));
	if (c->conv() && one_in(2)) {
		p->flags |= ONPU_POST_PER_CHANNEL;
	} else {
		p->bias = (int32_t)rng() >> between(0, 31);
		if (p->round != ONPU_ROUND_N) {
			p->mult = any_mult();
			p->shift = any_shift();
		}
	}
	p->zero = (int16_t)any_zero();
	any_range(p->zero, &p->min, &p->max);
	if (p->op2_op != ONPU_OP2_NONE)
		any_op2(c);
	else if (p->act != ONPU_ACT_PRELU && one_in(4)) {
		p->min = INT16_MIN;
		p->max = INT16_MAX;
	}
	if (p->act == ONPU_ACT_PRELU) {
		int low = p->op2_op ? p->min_o : p->min, high = p->op2_op ? p->max_o : p->max;
		bool is_unsigned = one_in(2);

		p->flags |= is_unsigned ? ONPU_POST_ALPHA_UNSIGNED : 0;
		if (high - low > 511)
			high = low + 511;
		(p->op2_op ? p->max_o : p->max) = (int16_t)high;
		// high - 255 <= act_zero <= low + 256
		p->act_zero = (int16_t)clamp16(between(high - 255, low + 256));
		p->alpha_zero = (int16_t)(is_unsigned ? between(0, 255) : between(-128, 127));
		p->zero_a = (int16_t)any_zero();
		any_range(p->zero_a, &p->min_a, &p->max_a);
		p->mult_p = any_mult();
		p->mult_n = any_mult();
		p->shift_p = any_shift();
		p->shift_n = any_shift();
	}
}

// Maps and tables, one behind the other
void place(Command *c)
{
	unsigned top = (unsigned)between(0, 100);

	c->out = any_map(*c, &top, c->out_c, true);
	if (c->post.op2_op != ONPU_OP2_NONE) {
		unsigned channels = c->post.op2_channels;

		if (c->opcode == ONPU_OPCODE_ELTWISE && channels == c->out_c && one_in(2) &&
		    !(c->post.flags & ONPU_POST_OP2_ONE_CHANNEL))
			c->post.op2 = c->out;	// in place
		else
			c->post.op2 = any_map(*c, &top, channels, false);
	}
	if (c->post.act != ONPU_ACT_NONE) {
		c->post.act_addr = top + (unsigned)between(0, 40);
		top = c->post.act_addr + 256 + c->out_c;
	}
	if (top > kSram)
		place(c);	// less of what is random
}

// Accumulators and parameters of each block, in the order of the walk
void fill(Command *c)
{
	int spread = between(0, 31);

	c->blocks.clear();
	c->vectors = 0;
	for (unsigned ty = 0; ty < c->out_h; ty += c->tile_h)
		for (unsigned tx = 0; tx < c->out_w; tx += c->tile_w)
			for (unsigned first = 0; first < c->out_c; first += V) {
				Block b;
				unsigned h = std::min(c->tile_h, c->out_h - ty);
				unsigned w = std::min(c->tile_w, c->out_w - tx);

				b.n = std::min<unsigned>(V, c->out_c - first);
				b.zero = c->conv() && c->vectors && one_in(5);
				b.pair = c->pair && b.n <= V / 2;
				for (unsigned l = 0; l < V; l++) {
					b.bias.push_back((int32_t)rng() >> between(0, 31));
					b.mult.push_back(any_mult());
					b.shift.push_back(any_shift());
				}
				b.acc.resize(h * w);
				for (auto &acc : b.acc) {
					acc.resize(V);
					for (auto &a : acc)
						a = b.zero ? 0 : (uint32_t)((int32_t)rng() >>
									    (one_in(4) ? between(0, 31) :
									     spread));
				}
				c->vectors += h * w;
				c->blocks.push_back(b);
			}
}

Command any_command()
{
	static const uint8_t opcodes[] = {ONPU_OPCODE_CONV, ONPU_OPCODE_CONV, ONPU_OPCODE_DWCONV,
					  ONPU_OPCODE_ELTWISE, ONPU_OPCODE_POOL, ONPU_OPCODE_RESIZE};
	Command c = {};

	c.opcode = opcodes[between(0, 5)];
	c.out_h = (unsigned)(one_in(4) ? 1 : between(1, 9));
	c.out_w = (unsigned)(one_in(4) ? 1 : between(1, 9));
	c.out_c = (unsigned)(one_in(3) ? V * between(1, 3) : between(1, 3 * V));
	c.tile_h = c.conv() ? (unsigned)between(1, 12) : c.out_h;
	c.tile_w = c.conv() ? (unsigned)between(1, 12) : c.out_w;
	c.pair = c.opcode == ONPU_OPCODE_CONV && one_in(2);
	any_post(&c);
	place(&c);
	fill(&c);
	return c;
}

// ---- The block and what is around it -----------------------------------------------------------

class Bench {
public:
	~Bench() { retire(dut_); }
	Bench() : mem_(kSram), want_(kSram)
	{
		for (auto &b : mem_)
			b = (uint8_t)rng();
		dut_.rst_ni = 0;
		quiet();
		clock();
		clock();
		dut_.rst_ni = 1;
		clock();
	}

	// Runs a command to its end, or for `limit` cycles and then aborts it.
	bool run(const Command &c, const Pace &pace, unsigned limit = 0)
	{
		begin(c, pace);
		if (!limit)
			reference(c);
		start_now_ = true;
		for (unsigned n = 0;; n++) {
			if (limit && n == limit) {
				dut_.abort_i = 1;
				cycle();
				dut_.abort_i = 0;
				return true;
			}
			bool done = cycle();

			if (done)
				break;
			if (n > 4000 + c.vectors * 400) {
				printf("# no end after %u of %u vectors\n", written_, c.vectors);
				return false;
			}
		}
		if (limit)
			return true;
		return check(c);
	}

	// Lets in-flight reads pass.
	void idle(unsigned cycles)
	{
		command_ = nullptr;
		acc_ready_ = param_valid_ = vec_valid_ = false;
		for (unsigned i = 0; i < cycles; i++)
			cycle();
	}

	void scrub()
	{
		dut_.scrub_i = 1;
		idle(1);
		dut_.scrub_i = 0;
	}

	uint64_t cycles() const { return cycles_; }
	// Of the last command: between the first and the last write granted; from the first read of
	// accumulators to the first write granted
	uint64_t span() const { return last_write_ - first_write_; }
	uint64_t latency() const { return first_write_ - first_read_; }
	uint64_t start_up() const { return first_read_ - begin_; }
	uint64_t write_stalls() const { return write_stalls_; }


private:
	void quiet()
	{
		dut_.start_i = dut_.abort_i = dut_.scrub_i = 0;
		dut_.acc_ready_i = dut_.param_valid_i = dut_.vec_valid_i = 0;
		dut_.op2_gnt_i = dut_.op2_rvalid_i = dut_.wr_gnt_i = 0;
	}

	void clock()
	{
		dut_.clk_i = 0;
		dut_.eval();
		dut_.clk_i = 1;
		dut_.eval();
		cycles_++;
	}

	void begin(const Command &c, const Pace &pace)
	{
		command_ = &c;
		pace_ = pace;
		bank_ = param_ = block_ = pixel_ = written_ = 0;
		acc_ready_ = param_valid_ = vec_valid_ = false;
		param_shown_ = -2;
		first_write_ = last_write_ = first_read_ = 0;
		write_stalls_ = 0;
		begin_ = cycles_;
		pack(words(dut_.cmd_i), c);
		error_ = false;
	}

	template <class T> static uint32_t *words(T &wide) { return &wide[0]; }

	static void put_bytes(uint64_t &port, const uint8_t *data) { memcpy(&port, data, 8); }
	template <size_t N> static void put_bytes(VlWide<N> &port, const uint8_t *data)
	{
		memcpy(&port[0], data, 4 * N);
	}
	static void get_bytes(const uint64_t &port, uint8_t *data) { memcpy(data, &port, 8); }
	template <size_t N> static void get_bytes(const VlWide<N> &port, uint8_t *data)
	{
		memcpy(data, &port[0], 4 * N);
	}

	void reference(const Command &c)
	{
		size_t i = 0;
		vector<int32_t> bias(c.out_c), mult(c.out_c);
		vector<int8_t> shift(c.out_c);
		onpu_post_unit unit = {want_.data(), &c.out, &c.post, bias.data(), mult.data(),
				       shift.data()};

		want_ = mem_;
		for (unsigned ty = 0; ty < c.out_h; ty += c.tile_h)
			for (unsigned tx = 0; tx < c.out_w; tx += c.tile_w)
				for (unsigned first = 0; first < c.out_c; first += V, i++) {
					const Block &b = c.blocks[i];
					unsigned h = std::min(c.tile_h, c.out_h - ty);
					unsigned w = std::min(c.tile_w, c.out_w - tx);

					for (unsigned l = 0; l < b.n; l++) {
						bias[first + l] = b.bias[l];
						mult[first + l] = b.mult[l];
						shift[first + l] = b.shift[l];
					}
					for (unsigned p = 0; p < h * w; p++)
						onpu_post_store(&unit, ty + p / w, tx + p % w, first,
								b.n, b.acc[p].data());
				}
	}

	bool check(const Command &c)
	{
		bool ok = !error_ && written_ == c.vectors;

		if (written_ != c.vectors)
			printf("# %u vectors written of %u\n", written_, c.vectors);
		if (c.conv() && (bank_ != c.blocks.size() || param_ != c.blocks.size())) {
			printf("# banks or parameters not freed\n");
			ok = false;
		}
		if (mem_ != want_) {
			for (unsigned i = 0, n = 0; i < kSram && n < 4; i++)
				if (mem_[i] != want_[i]) {
					printf("# byte %u is %u, not %u\n", i, mem_[i], want_[i]);
					n++;
				}
			ok = false;
		}
		if (!ok)
			printf("# op %02x %ux%ux%u tile %ux%u pair %d flags %x round %u op2 %u act %u\n",
			       c.opcode, c.out_h, c.out_w, c.out_c, c.tile_h, c.tile_w, c.pair,
			       c.post.flags, c.post.round, c.post.op2_op, c.post.act);
		return ok;
	}

	void garbage_lanes(uint32_t *port)
	{
		for (unsigned l = 0; l < V; l++)
			port[l] = (uint32_t)rng();
	}

	// A lane row of the accumulators as the array has it
	void bank_row(const Block &b, unsigned row, uint32_t *port)
	{
		garbage_lanes(port);
		if (!b.pair) {
			for (unsigned l = 0; l < V; l++)
				port[l] = b.acc.at(row)[l];
			return;
		}
		for (unsigned half = 0; half < 2; half++)
			for (unsigned l = 0; l < V / 2 && 2 * row + half < b.acc.size(); l++)
				port[half * V / 2 + l] = b.acc[2 * row + half][l];
	}

	void drive_sources()
	{
		const Command *c = command_;
		bool conv = c && c->conv(), vec = c && !c->conv();

		if (conv && bank_ < c->blocks.size() && !acc_ready_)
			acc_ready_ = chance(pace_.acc);
		dut_.acc_ready_i = acc_ready_;
		dut_.acc_zero_i = acc_ready_ ? c->blocks[bank_].zero : rng() & 1;
		dut_.acc_pair_i = acc_ready_ ? c->blocks[bank_].pair : rng() & 1;
		if (conv && param_ < c->blocks.size() && !param_valid_)
			param_valid_ = chance(pace_.param);
		dut_.param_valid_i = param_valid_;
		if (conv && param_shown_ != (param_valid_ ? (int)param_ : -1)) {
			param_shown_ = param_valid_ ? (int)param_ : -1;
			uint8_t shift[V];

			for (unsigned l = 0; l < V; l++) {
				bool there = param_valid_ && l < c->blocks[param_].n;

				dut_.bias_i[l] = there ? (uint32_t)c->blocks[param_].bias[l] : (uint32_t)rng();
				dut_.mult_i[l] = there ? (uint32_t)c->blocks[param_].mult[l] :
							 (uint32_t)rng() & 0x7fffffff;
				shift[l] = there ? (uint8_t)c->blocks[param_].shift[l] : 0;
			}
			put_bytes(dut_.shift_i, shift);
		}
		if (vec && block_ < c->blocks.size() && !vec_valid_) {
			vec_valid_ = chance(pace_.vec);
			if (vec_valid_)
				for (unsigned l = 0; l < V; l++)
					dut_.vec_acc_i[l] = c->blocks[block_].acc[pixel_][l];
		}
		dut_.vec_valid_i = vec_valid_;
	}

	void drive_op2_data()
	{
		Read &read = reads_[1];

		dut_.op2_rvalid_i = read.valid;
		if (!read.valid && one_in(2))
			for (auto &b : read.data)
				b = (uint8_t)rng();
		put_bytes(dut_.op2_rdata_i, read.data);
	}

	// One cycle; true if done_o was seen.
	bool cycle()
	{
		drive_sources();
		drive_op2_data();
		dut_.start_i = start_now_;
		dut_.op2_gnt_i = dut_.wr_gnt_i = 0;
		dut_.clk_i = 0;
		dut_.eval();
		dut_.op2_gnt_i = dut_.op2_req_o && chance(pace_.op2);
		dut_.wr_gnt_i = dut_.wr_req_o && chance(pace_.write);
		dut_.eval();

		bool done = dut_.done_o;
		bool acc_read = dut_.acc_rd_en_o, acc_free = dut_.acc_free_o;
		bool param_free = dut_.param_free_o, vec_taken = dut_.vec_ready_o && vec_valid_;
		unsigned row = dut_.acc_rd_addr_o;

		watch(done, acc_read, acc_free, param_free, vec_taken);
		reads_[1] = reads_[0];
		reads_[0].valid = dut_.op2_gnt_i;
		if (dut_.op2_gnt_i)
			for (unsigned l = 0; l < V; l++)
				reads_[0].data[l] = mem_[(dut_.op2_addr_o + l) % kSram];
		if (dut_.wr_gnt_i)
			write();
		write_stalls_ += dut_.stall_write_o;
		dut_.clk_i = 1;
		dut_.eval();
		cycles_++;
		start_now_ = false;

		if (acc_read && acc_ready_)
			bank_row(command_->blocks[bank_], row, &dut_.acc_rd_data_i[0]);
		if (acc_free) {
			bank_++;
			acc_ready_ = false;
		}
		if (param_free) {
			param_++;
			param_valid_ = false;
		}
		if (vec_taken) {
			vec_valid_ = false;
			if (++pixel_ == command_->blocks[block_].acc.size()) {
				pixel_ = 0;
				block_++;
			}
		}
		return done;
	}

	void watch(bool done, bool acc_read, bool acc_free, bool param_free, bool vec_taken)
	{
		bool wrong = (acc_read && (!acc_ready_ || command_->blocks[bank_].zero)) ||
			     (acc_free && !acc_ready_) || (param_free && !param_valid_) ||
			     (done && (!command_ || written_ != command_->vectors));

		if (wrong && !error_) {
			printf("# protocol: done %d read %d free %d param %d\n", done, acc_read, acc_free,
			       param_free);
			error_ = true;
		}
		if ((acc_read || vec_taken) && !first_read_)
			first_read_ = cycles_;
	}

	void write()
	{
		uint8_t data[V];

		get_bytes(dut_.wr_data_o, data);
		for (unsigned l = 0; l < V; l++)
			if (dut_.wr_strb_o >> l & 1)
				mem_[(dut_.wr_addr_o + l) % kSram] = data[l];
		if (!written_)
			first_write_ = cycles_;
		last_write_ = cycles_;
		written_++;
	}

	struct Read {
		bool valid;
		uint8_t data[V];
	};

	Vonpu_post dut_;
	vector<uint8_t> mem_, want_;
	const Command *command_ = nullptr;
	Pace pace_ = kFull;
	Read reads_[2] = {};
	bool start_now_ = false, error_ = false;
	bool acc_ready_ = false, param_valid_ = false, vec_valid_ = false;
	int param_shown_ = -2;
	size_t bank_ = 0, param_ = 0, block_ = 0;
	unsigned pixel_ = 0, written_ = 0;
	uint64_t cycles_ = 0, begin_ = 0, first_read_ = 0, first_write_ = 0, last_write_ = 0;
	uint64_t write_stalls_ = 0;
};

// ---- Tests -------------------------------------------------------------------------------------

bool full_speed(Bench &b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!b.run(any_command(), kFull))
			return false;
	return true;
}

Pace any_pace()
{
	static const unsigned chances[] = {100, 90, 60, 25};

	return Pace{chances[between(0, 3)], chances[between(0, 3)], chances[between(0, 3)], chances[between(0, 3)],
		    chances[between(0, 3)]};
}

bool back_pressure(Bench &b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (!b.run(any_command(), any_pace()))
			return false;
		if (one_in(4))
			b.idle((unsigned)between(0, 3));
		if (one_in(8))
			b.scrub();
	}
	return true;
}

bool aborts(Bench &b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		Command c = any_command();

		b.run(c, any_pace(), (unsigned)between(1, 150));
		if (one_in(2))
			b.idle((unsigned)between(0, 3));
		Command next = any_command();

		if (!b.run(next, any_pace()))
			return false;
	}
	return true;
}

// Every combination of round, op2, act and source
bool combinations(Bench &b)
{
	for (int round = 0; round < 3; round++)
		for (int op2 = 0; op2 < 7; op2++)
			for (int act = 0; act < 3; act++)
				for (int conv = 0; conv < 2; conv++) {
					Command c;

					do
						c = any_command();
					while (c.post.round != round || c.post.op2_op != op2 ||
					       c.post.act != act || c.conv() != (bool)conv);
					if (!b.run(c, any_pace()))
						return false;
				}
	return true;
}

// A plain command with the given stages
Command shaped(uint8_t opcode, unsigned h, unsigned w, unsigned ch, int round, int op2,
	       int act)
{
	Command c = {};

	c.opcode = opcode;
	c.out_h = c.tile_h = h;
	c.out_w = c.tile_w = w;
	c.out_c = ch;
	do
		any_post(&c);
	while (c.post.round != round || c.post.op2_op != op2 || c.post.act != act);
	place(&c);
	fill(&c);
	return c;
}

bool rates(Bench &b)
{
	bool ok = true;

	for (int round = 0; round < 3; round++)
		for (int op2 = 0; op2 < 7; op2++)
			for (int act = 0; act < 3; act++) {
				Command c = shaped(ONPU_OPCODE_ELTWISE, 8, 10, V, round, op2, act);

				ok &= b.run(c, kFull);
				// Without a bubble
				if (b.span() != (c.vectors - 1) * c.rate() || b.write_stalls()) {
					printf("# round %d op2 %d act %d: %llu cycles for %u vectors\n", round,
					       op2, act, (unsigned long long)b.span(), c.vectors);
					ok = false;
				}
				c = shaped(ONPU_OPCODE_CONV, 16, 16, V, round, op2, act);
				ok &= b.run(c, kFull);
				if (b.span() != (c.vectors - 1) * c.rate()) {
					printf("# CONV round %d op2 %d act %d: %llu cycles for %u vectors\n",
					       round, op2, act, (unsigned long long)b.span(), c.vectors);
					ok = false;
				}
			}
	return ok;
}

// Blocks one behind the other cost at most one cycle more each.
bool block_rate(Bench &b)
{
	Command c = shaped(ONPU_OPCODE_CONV, 5, 5, 3 * V, ONPU_ROUND_D, 0, 0);

	if (!b.run(c, kFull))
		return false;
	printf("# 3 blocks of 25 pixels: %llu cycles\n", (unsigned long long)b.span() + 1);
	return b.span() + 1 <= 3 * (25 * c.rate() + 1);
}

bool latency(Bench &b)
{
	static const struct {
		int round, op2, act;
		unsigned limit;
	} cases[] = {{ONPU_ROUND_N, 0, 0, 8}, {ONPU_ROUND_N, 0, ONPU_ACT_TABLE, 8},
		     {ONPU_ROUND_D, 0, 0, 16}, {ONPU_ROUND_N, ONPU_OP2_ADD, 0, 20},
		     {ONPU_ROUND_A, ONPU_OP2_MUL, 0, 28},
		     {ONPU_ROUND_D, ONPU_OP2_ADD, ONPU_ACT_PRELU, 42}};
	bool ok = true;

	for (auto &k : cases) {
		Command c = shaped(ONPU_OPCODE_CONV, 1, 1, V, k.round, k.op2, k.act);

		ok &= b.run(c, kFull);
		printf("# round %d op2 %d act %d: read to write %llu cycles, start to read %llu\n", k.round,
		       k.op2, k.act, (unsigned long long)b.latency(), (unsigned long long)b.start_up());
		ok &= b.latency() <= k.limit + c.rate() - c.passes();
	}
	return ok;
}

// Single refused writes do not stop the pipeline's entry when vectors come each second cycle.
bool queue_hides_writes(Bench &b)
{
	Command c = shaped(ONPU_OPCODE_ELTWISE, 8, 10, V, ONPU_ROUND_D, ONPU_OP2_MUL, 0);
	Pace pace = kFull;

	pace.write = 80;
	if (!b.run(c, pace))
		return false;
	return b.span() <= (c.vectors - 1) * c.rate() + 8;
}

// Many pixels in a row, more than a tile has
bool large(Bench &b)
{
	return b.run(shaped(ONPU_OPCODE_POOL, 2, 300, V + 3, ONPU_ROUND_A, ONPU_OP2_ADD, 0),
		     Pace{90, 90, 100, 100, 90});
}

void speed(Bench &b)
{
	Command c = shaped(ONPU_OPCODE_CONV, 16, 16, V, ONPU_ROUND_D, 0, 0);
	auto begin = std::chrono::steady_clock::now();
	uint64_t from = b.cycles();

	for (int i = 0; i < 50; i++)
		b.run(c, kFull, 270);
	std::chrono::duration<double> t = std::chrono::steady_clock::now() - begin;
	printf("# %.0f cycles/s busy, test bench included\n", (double)(b.cycles() - from) / t.count());
	begin = std::chrono::steady_clock::now();
	b.idle(300000);
	t = std::chrono::steady_clock::now() - begin;
	printf("# %.0f cycles/s idle, test bench included\n", 300000 / t.count());
}

} // namespace

int main(int argc, char **argv)
{
	begin(argc, argv);
	Bench b;

	ok(combinations(b), "every combination of stages");
	ok(rates(b), "no bubbles");
	ok(block_rate(b), "a cycle between blocks");
	ok(latency(b), "latency");
	ok(queue_hides_writes(b), "queue of results");
	ok(large(b), "many pixels");
	ok(full_speed(b, 400), "random commands at full speed");
	ok(back_pressure(b, 1500), "random commands with back-pressure");
	ok(aborts(b, 400), "aborts");
	speed(b);
	return end();
}
