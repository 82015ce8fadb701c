// SPDX-License-Identifier: MIT
//
// Moves of DMA_COMMAND: SRAM to memory and back through the store and the load engine, and the
// state of a preempted job as 48 words in memory: a magic number, the state, zeros, and last a sum
// over all that is before it.  A restored state is handed over only when its sum is right.
module onpu_command_state
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16,
  parameter int unsigned SramBytes = 524288,
  parameter int unsigned Words = 14  // of the state
) (
  input logic clk_i,
  input logic rst_ni,
  input logic abort_i,

  input move_t move_i,
  input logic running_i,  // a job runs: refused
  input logic preempted_i,  // a job stands at a PREEMPT: its state may be saved
  output logic busy_o,
  output logic error_o,

  input logic [Words-1:0][31:0] state_i,
  output logic [Words-1:0][31:0] state_o,
  output logic restored_o,  // pulse

  // Engines: 0 load, 1 store.
  output logic [1:0] valid_o,
  output dma_t dma_o,
  input logic [1:0] ready_i,
  input logic [1:0] done_i,
  input logic [1:0] fault_i,

  output logic write_o,
  output logic [31:3] write_va_o,
  output logic [63:0] write_data_o,
  input logic write_ready_i,
  input logic write_idle_i,
  input logic answer_err_i,  // an answer, and it is an error

  output logic fetch_o,  // of StateBytes
  output logic [31:0] fetch_va_o,
  input logic fetch_idle_i,
  input logic valid_i,
  input logic [V-1:0][7:0] beat_i,
  output logic pop_o,
  input logic fail_i
);

  localparam logic [31:0] Magic = 32'h6e70_7531;
  localparam int unsigned All = StateBytes / 4;
  localparam int unsigned BeatWords = V / 4;
  localparam int unsigned SkipBits = $clog2(BeatWords);

  typedef enum logic [2:0] {
    StateIdle, StateOffer, StateMove, StateSave, StateSaved, StateLoad, StateLoaded
  } state_e;

  state_e state_q;
  logic store_q;  // SRAM to memory
  logic error_q;
  logic [31:0] va_q, sum_q;
  logic [5:0] word_q;
  logic [SkipBits-1:0] skip_q;
  logic [Words-1:0][31:0] loaded_q;
  logic good_q;

  function automatic logic [31:0] next_sum(logic [31:0] sum, logic [31:0] word);
    return ({sum[26:0], sum[31:27]} ^ word) + 32'h9e37_79b9;
  endfunction

  // ---- save ----------------------------------------------------------------------------------

  logic [31:0] low, high, low_sum;
  logic [15:0][31:0] first;  // all that is not zero, without the sum

  always_comb begin
    first = '0;
    first[0] = Magic;
    first[Words:1] = state_i;
  end
  // A pair of words.  The last word is the sum.
  assign low = word_q[5:4] == '0 ? first[{word_q[3:1], 1'b0}] : '0;
  assign low_sum = next_sum(sum_q, low);
  assign high = word_q == 6'(All - 2) ? low_sum :
      word_q[5:4] == '0 ? first[{word_q[3:1], 1'b1}] : '0;
  assign write_o = state_q == StateSave;
  assign write_va_o = va_q[31:3];
  assign write_data_o = {high, low};

  // ---- restore -------------------------------------------------------------------------------

  logic [BeatWords-1:0][31:0] beat;
  logic [31:0] word;
  assign beat = beat_i;
  assign word = beat[skip_q];
  assign pop_o = state_q == StateLoad && valid_i &&
      (skip_q == SkipBits'(BeatWords - 1) || word_q == 6'(All - 1));
  assign fetch_va_o = move_i.va;
  assign state_o = loaded_q;
  assign restored_o = state_q == StateLoaded && fetch_idle_i && good_q;

  // ---- moves ---------------------------------------------------------------------------------

  logic outside;
  logic [31:0] end_addr_space;
  logic refused;
  assign end_addr_space = 32'(SramBytes);
  assign outside = move_i.size > end_addr_space || move_i.addr > end_addr_space - move_i.size;
  assign refused = running_i || ((move_i.save || move_i.restore) && outside) ||
      (move_i.save_state && !preempted_i);

  logic begins;
  assign begins = state_q == StateIdle && (move_i.save || move_i.restore || move_i.save_state ||
                                           move_i.restore_state);
  assign fetch_o = begins && !refused && !move_i.save && !move_i.restore && !move_i.save_state;

  logic [31:0] size_q;
  sram_addr_t addr_q;
  logic engine_done, engine_fault;

  always_comb begin
    dma_o = '0;
    dma_o.ctx0 = 1'b1;
    dma_o.va = va_q;
    dma_o.n0 = size_q;
    dma_o.n1 = 16'd1;
    dma_o.n2 = 16'd1;
    dma_o.addr = addr_q;
  end

  assign valid_o = state_q != StateOffer ? 2'b00 : store_q ? 2'b10 : 2'b01;
  assign engine_done = store_q ? done_i[1] : done_i[0];
  assign engine_fault = store_q ? fault_i[1] : fault_i[0];
  assign busy_o = state_q != StateIdle;
  assign error_o = error_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StateIdle;
      store_q <= 1'b0;
      error_q <= 1'b0;
      good_q <= 1'b0;
      va_q <= '0;
      sum_q <= '0;
      word_q <= '0;
      skip_q <= '0;
      size_q <= '0;
      addr_q <= '0;
    end else if (abort_i) begin
      if (state_q != StateIdle) error_q <= 1'b1;
      state_q <= StateIdle;
    end else begin
      case (state_q)
        StateIdle:
          if (begins) begin
            error_q <= refused;
            va_q <= move_i.va;
            size_q <= move_i.size;
            addr_q <= move_i.addr[SramAddrBits-1:0];
            store_q <= move_i.save;
            sum_q <= '0;
            word_q <= '0;
            skip_q <= move_i.va[2 +: SkipBits];
            good_q <= 1'b1;
            if (!refused) begin
              if (move_i.save || move_i.restore) begin
                if (move_i.size != '0) state_q <= StateOffer;
              end else begin
                state_q <= move_i.save_state ? StateSave : StateLoad;
              end
            end
          end
        StateOffer: if ((ready_i & valid_o) != '0) state_q <= StateMove;
        StateMove: begin
          if (engine_fault) error_q <= 1'b1;
          if (engine_done || engine_fault) state_q <= StateIdle;
        end
        StateSave: begin
          if (answer_err_i) error_q <= 1'b1;
          if (write_ready_i) begin
            va_q <= va_q + 32'd8;
            sum_q <= next_sum(low_sum, high);
            word_q <= word_q + 6'd2;
            if (word_q == 6'(All - 2)) state_q <= StateSaved;
          end
        end
        StateSaved: begin
          if (answer_err_i) error_q <= 1'b1;
          if (write_idle_i) state_q <= StateIdle;
        end
        StateLoad: begin
          if (valid_i) begin
            if (word_q != '0 && word_q <= 6'(Words)) loaded_q <= {word, loaded_q[Words-1:1]};
            if (word_q == '0 && word != Magic) good_q <= 1'b0;
            if (word_q == 6'(All - 1) && word != sum_q) good_q <= 1'b0;
            sum_q <= next_sum(sum_q, word);
            word_q <= word_q + 6'd1;
            skip_q <= skip_q + SkipBits'(1);
            if (word_q == 6'(All - 1)) state_q <= StateLoaded;
          end else if (fail_i) begin
            good_q <= 1'b0;
            state_q <= StateLoaded;
          end
        end
        StateLoaded:
          if (fetch_idle_i) begin
            error_q <= !good_q;
            state_q <= StateIdle;
          end
        default: state_q <= StateIdle;
      endcase
    end
  end

endmodule
