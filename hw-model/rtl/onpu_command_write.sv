// SPDX-License-Identifier: MIT
//
// Writes of 8 aligned bytes each, for trace records and saved states: a request, then its one beat.
// Several may be unanswered.
module onpu_command_write #(
  parameter int unsigned V = 16
) (
  input logic clk_i,
  input logic rst_ni,
  input logic abort_i,

  input logic valid_i,
  output logic ready_o,
  input logic ctx0_i,
  input logic [31:3] va_i,  // of 8 bytes
  input logic [63:0] data_i,
  output logic idle_o,  // all have been answered

  output logic wr_req_o,
  output logic wr_ctx0_o,
  output logic [31:0] wr_va_o,
  output logic [9:0] wr_bytes_o,
  input logic wr_gnt_i,
  output logic wd_valid_o,
  output logic [V-1:0][7:0] wd_data_o,
  output logic [V-1:0] wd_strb_o,
  output logic wd_last_o,
  input logic wd_ready_i,
  input logic wb_valid_i
);

  localparam int unsigned Lanes = V / 8;
  localparam int unsigned Most = 6;

  logic req_q, beat_q, ctx0_q;
  logic [31:3] va_q;
  logic [63:0] data_q;
  logic [2:0] outstanding_q;
  logic take, granted;

  assign ready_o = !req_q && (!beat_q || wd_ready_i) && outstanding_q < 3'(Most);
  assign take = valid_i && ready_o;
  assign granted = req_q && wr_gnt_i;
  assign idle_o = !req_q && !beat_q && outstanding_q == '0;

  assign wr_req_o = req_q;
  assign wr_ctx0_o = ctx0_q;
  assign wr_va_o = {va_q, 3'b0};
  assign wr_bytes_o = 10'd8;
  assign wd_valid_o = beat_q;
  assign wd_last_o = 1'b1;
  assign wd_data_o = {Lanes{data_q}};
  for (genvar g = 0; g < Lanes; g++) begin : gen_strb
    if (Lanes == 1) begin : gen_one
      assign wd_strb_o = '1;
    end else begin : gen_many
      assign wd_strb_o[8*g +: 8] = {8{va_q[3 +: $clog2(V)-3] == g[$clog2(V)-4:0]}};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      req_q <= 1'b0;
      beat_q <= 1'b0;
      ctx0_q <= 1'b0;
      va_q <= '0;
      data_q <= '0;
      outstanding_q <= '0;
    end else if (abort_i) begin
      req_q <= 1'b0;
      beat_q <= 1'b0;
      outstanding_q <= '0;
    end else begin
      if (take) begin
        req_q <= 1'b1;
        ctx0_q <= ctx0_i;
        va_q <= va_i;
        data_q <= data_i;
      end
      if (granted) req_q <= 1'b0;
      if (granted) beat_q <= 1'b1;
      else if (wd_ready_i) beat_q <= 1'b0;
      if (granted != wb_valid_i)
        outstanding_q <= granted ? outstanding_q + 3'd1 : outstanding_q - 3'd1;
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   wb_valid_i && !abort_i |-> outstanding_q != '0);
`endif

endmodule
