// SPDX-License-Identifier: MIT
//
// Trace records into the job's buffer: of the records that stand ready the one of the earliest
// end is taken, while there is room, and written as three words of 64 bits.  Which command a failed
// write belongs to is told by a FIFO of the records that have not been answered; after a failure
// further records are dropped.
module onpu_command_trace (
  input logic clk_i,
  input logic rst_ni,
  input logic abort_i,
  input logic begin_i,  // start or resumption: forgets the failure

  input logic [31:0] va_i,
  input logic [31:0] size_i,
  // Bytes used of the buffer.
  input logic set_used_i,
  input logic [31:0] set_used_value_i,
  output logic [31:0] used_o,

  // Of load, compute, store, control.
  input logic [3:0] record_i,
  input logic [3:0][31:0] offset_i,
  input logic [3:0][63:0] start_i,
  input logic [3:0][63:0] end_i,
  output logic [3:0] pop_o,
  output logic idle_o,

  output logic failed_o,
  output logic failed_bus_o,
  output logic [31:0] failed_va_o,
  output logic [31:0] failed_offset_o,

  output logic write_o,
  input logic write_ready_i,
  output logic [31:3] write_va_o,
  output logic [63:0] write_data_o,
  input logic answer_i,  // only to what was written here
  input logic answer_err_i,
  input logic answer_bus_i,
  input logic [31:0] answer_va_i
);

  localparam logic [31:0] RecordBytes = 32'd24;

  // The record that is being written.
  logic valid_q;
  logic [1:0] word_q;
  logic [31:0] offset_q;
  logic [1:0] engine_q;
  logic [63:0] start_q, end_q;
  logic [31:0] at_q, used_q;

  // Records not answered.
  logic [31:0] waiting_q [4];
  logic [2:0] wptr_q, rptr_q;
  logic [1:0] answers_q;

  logic failed_q, failed_bus_q;
  logic [31:0] failed_va_q, failed_offset_q;

  logic [1:0] pick, low, high;
  logic take, room, full;

  // Earliest end; of equal ones any.
  always_comb begin
    pick = 2'd0;
    low = 2'd0;
    high = 2'd2;
    if (record_i != '0) begin
      low = record_i[1] && (!record_i[0] || end_i[1] < end_i[0]) ? 2'd1 : 2'd0;
      high = record_i[3] && (!record_i[2] || end_i[3] < end_i[2]) ? 2'd3 : 2'd2;
      pick = record_i[high] && (!record_i[low] || end_i[high] < end_i[low]) ? high : low;
    end
  end

  assign full = wptr_q == {!rptr_q[2], rptr_q[1:0]};
  assign room = size_i - used_q >= RecordBytes && used_q <= size_i && !failed_q;
  assign take = record_i != '0 && !valid_q && !full;
  assign pop_o = take ? 4'd1 << pick : '0;
  assign idle_o = record_i == '0 && !valid_q && wptr_q == rptr_q;
  assign used_o = used_q;

  assign write_o = valid_q;
  assign write_va_o = at_q[31:3];
  assign write_data_o = word_q == 2'd0 ? {30'b0, engine_q, offset_q} :
      word_q == 2'd1 ? start_q : end_q;

  assign failed_o = failed_q;
  assign failed_bus_o = failed_bus_q;
  assign failed_va_o = failed_va_q;
  assign failed_offset_o = failed_offset_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      word_q <= '0;
      offset_q <= '0;
      engine_q <= '0;
      start_q <= '0;
      end_q <= '0;
      at_q <= '0;
      used_q <= '0;
      wptr_q <= '0;
      rptr_q <= '0;
      answers_q <= '0;
      failed_q <= 1'b0;
      failed_bus_q <= 1'b0;
      failed_va_q <= '0;
      failed_offset_q <= '0;
    end else if (abort_i) begin
      valid_q <= 1'b0;
      wptr_q <= '0;
      rptr_q <= '0;
      answers_q <= '0;
      failed_q <= 1'b0;
    end else begin
      if (take && room) begin
        valid_q <= 1'b1;
        word_q <= '0;
        offset_q <= offset_i[pick];
        engine_q <= pick;
        start_q <= start_i[pick];
        end_q <= end_i[pick];
        at_q <= va_i + used_q;
        used_q <= used_q + RecordBytes;
        waiting_q[wptr_q[1:0]] <= offset_i[pick];
        wptr_q <= wptr_q + 3'd1;
      end
      if (valid_q && write_ready_i) begin
        at_q <= at_q + 32'd8;
        word_q <= word_q + 2'd1;
        if (word_q == 2'd2) valid_q <= 1'b0;
      end
      if (answer_i) begin
        answers_q <= answers_q == 2'd2 ? '0 : answers_q + 2'd1;
        if (answers_q == 2'd2) rptr_q <= rptr_q + 3'd1;
        if (answer_err_i && !failed_q) begin
          failed_q <= 1'b1;
          failed_bus_q <= answer_bus_i;
          failed_va_q <= answer_va_i;
          failed_offset_q <= waiting_q[rptr_q[1:0]];
        end
      end
      if (set_used_i) used_q <= set_used_value_i;
      if (begin_i) failed_q <= 1'b0;
    end
  end

endmodule
