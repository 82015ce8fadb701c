// SPDX-License-Identifier: MIT

// Boot hardware: with run_i it has every cached translation dropped, then loads the firmware image
// by the copy port, checks header and CRC while the bytes go into the core's memory, and lets the
// core run.  The header stays in the memory's last 256 bytes, where firmware finds its build text;
// an image that reaches as far overwrites it.
module onpu_control_boot (
    input logic clk_i,
    input logic rst_ni,

    input logic run_i,
    input logic [31:0] va_i,
    input logic [31:0] size_i,
    output logic [3:0] state_o,  // STATUS.boot
    output logic fatal_o,  // pulse: the core will not run
    output logic boot_o,  // accesses are the boot's
    output logic core_run_o,
    output logic [15:0] entry_o,

    output logic inv_all_o,  // pulse
    input logic inv_busy_i,

    output logic start_o,
    output logic [31:0] copy_va_o,
    output logic [15:0] copy_addr_o,
    output logic [16:0] copy_bytes_o,
    output logic flush_o,
    input logic copy_busy_i,
    input logic load_error_i,

    // What the copy port writes into the core's memory.
    input logic tap_valid_i,
    input logic [3:0] tap_word_i,  // its number modulo 16
    input logic [3:1] tap_be_i,
    input logic [31:0] tap_data_i
);

  import onpu_host_regs_pkg::*;

  localparam logic [31:0] TcmBytes = 32'h1_0000;
  localparam logic [15:0] HeaderAddr = 16'hff00;
  localparam logic [31:0] HeaderBytes = 32'd64;
  localparam logic [31:0] Magic = 32'h4d49_5046;  // ONPU_FW_IMAGE_MAGIC
  localparam logic [15:0] ImageVersion = 16'd1;

  typedef enum logic [3:0] {
    Held,
    Settle,  // what the core had under way ends
    Drop,  // cached translations
    Dropping,
    Header,
    Loading,
    CheckHeader,
    Image,
    ImageLoading,
    CheckImage,
    Running,
    BadHeader,
    BadCrc,
    BadMemory
  } state_e;

  state_e state;
  logic [31:0] magic, version, size, sum, load, entry, crc;
  logic failed, good_request, good_header;

  function automatic logic [31:0] crc_byte(logic [31:0] crc_in, logic [7:0] data);
    logic [31:0] c;
    c = crc_in ^ {24'd0, data};
    for (int i = 0; i < 8; i++) c = (c >> 1) ^ (c[0] ? 32'hedb8_8320 : 32'd0);
    return c;
  endfunction

  assign good_request = size_i >= HeaderBytes && size_i - HeaderBytes <= TcmBytes &&
      va_i[5:0] == '0;
  assign good_header = magic == Magic && version == {HeaderBytes[15:0], ImageVersion} &&
      size != '0 && size == size_i - HeaderBytes && load[1:0] == '0 && load <= TcmBytes - size &&
      entry >= load && entry - load < size;

  assign boot_o = state == Header || state == Loading || state == Image || state == ImageLoading;
  assign core_run_o = state == Running && run_i;
  assign entry_o = entry[15:0];
  assign flush_o = !run_i || state == Settle;
  assign inv_all_o = state == Drop;
  assign start_o = (state == Header || state == Image) && run_i;
  assign copy_va_o = state == Header ? va_i : va_i + HeaderBytes;
  assign copy_addr_o = state == Header ? HeaderAddr : load[15:0];
  assign copy_bytes_o = state == Header ? HeaderBytes[16:0] : size[16:0];

  always_comb begin
    case (state)
      Held: state_o = {1'b0, onpu_boot_state__HELD};
      Running: state_o = {1'b0, onpu_boot_state__RUNNING};
      BadHeader: state_o = {1'b0, onpu_boot_state__BAD_HEADER};
      BadCrc: state_o = {1'b0, onpu_boot_state__BAD_CRC};
      BadMemory: state_o = {1'b0, onpu_boot_state__BAD_MEMORY};
      default: state_o = {1'b0, onpu_boot_state__LOADING};
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state <= Held;
      fatal_o <= 1'b0;
      failed <= 1'b0;
      magic <= '0;
      version <= '0;
      size <= '0;
      sum <= '0;
      load <= '0;
      entry <= '0;
      crc <= '0;
    end else begin
      fatal_o <= 1'b0;
      if (load_error_i) failed <= 1'b1;
      if (state == Loading && tap_valid_i) begin
        case (tap_word_i)
          4'd0: magic <= tap_data_i;
          4'd1: version <= tap_data_i;
          4'd2: size <= tap_data_i;
          4'd3: sum <= tap_data_i;
          4'd4: load <= tap_data_i;
          4'd5: entry <= tap_data_i;
          default: ;
        endcase
      end
      if (state == ImageLoading && tap_valid_i) begin
        // Only the last word may be incomplete: both addresses are multiples of 4.
        crc <= tap_be_i[3] ? crc_byte(crc_byte(crc_byte(crc_byte(crc, tap_data_i[7:0]),
                                                        tap_data_i[15:8]), tap_data_i[23:16]),
                                      tap_data_i[31:24]) :
               tap_be_i[2] ? crc_byte(crc_byte(crc_byte(crc, tap_data_i[7:0]), tap_data_i[15:8]),
                                      tap_data_i[23:16]) :
               tap_be_i[1] ? crc_byte(crc_byte(crc, tap_data_i[7:0]), tap_data_i[15:8]) :
               crc_byte(crc, tap_data_i[7:0]);
      end
      if (!run_i) begin
        state <= Held;
      end else begin
        case (state)
          Held: state <= Settle;
          Settle: if (!copy_busy_i && !inv_busy_i) state <= Drop;
          Drop: state <= Dropping;
          Dropping:
          if (!inv_busy_i) begin
            state <= good_request ? Header : BadHeader;
            fatal_o <= !good_request;
            failed <= 1'b0;
          end
          Header: state <= Loading;
          Loading:
          if (!copy_busy_i) begin
            state <= failed || load_error_i ? BadMemory : CheckHeader;
            fatal_o <= failed || load_error_i;
          end
          CheckHeader: begin
            state <= good_header ? Image : BadHeader;
            fatal_o <= !good_header;
            crc <= '1;
          end
          Image: state <= ImageLoading;
          ImageLoading:
          if (!copy_busy_i) begin
            state <= failed || load_error_i ? BadMemory : CheckImage;
            fatal_o <= failed || load_error_i;
          end
          CheckImage: begin
            state <= ~crc == sum ? Running : BadCrc;
            fatal_o <= ~crc != sum;
          end
          default: ;
        endcase
      end
    end
  end

endmodule
