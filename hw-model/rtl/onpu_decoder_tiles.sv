// SPDX-License-Identifier: MIT
//
// Walks over the tiles of a CONV or DWCONV and says which one is the last.  It compares the end of
// the tile with the end of the output, so that no division is needed.

module onpu_decoder_tiles (
    input logic clk_i,
    input logic rst_ni,
    input logic start_i,
    input logic next_i,
    input logic [15:0] out_h_i,
    input logic [15:0] out_w_i,
    input logic [15:0] tile_h_i,
    input logic [15:0] tile_w_i,
    output logic last_o
);

  // A tile ends at most a tile behind the output.
  logic [16:0] end_x_q, end_y_q;
  logic last_x;

  assign last_x = end_x_q >= {1'b0, out_w_i};
  assign last_o = last_x && end_y_q >= {1'b0, out_h_i};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      end_x_q <= '0;
      end_y_q <= '0;
    end else if (start_i) begin
      end_x_q <= {1'b0, tile_w_i};
      end_y_q <= {1'b0, tile_h_i};
    end else if (next_i) begin
      if (last_x) begin
        end_x_q <= {1'b0, tile_w_i};
        end_y_q <= end_y_q + {1'b0, tile_h_i};
      end else begin
        end_x_q <= end_x_q + {1'b0, tile_w_i};
      end
    end
  end

endmodule
