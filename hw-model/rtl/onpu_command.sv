// SPDX-License-Identifier: MIT
//
// The command processor.  The stream is read ahead; commands are put together from its beats,
// checked one by one, and pushed into the queues of the three engines, whose heads start when their
// tokens are there.  How a job ends is decided in one place: when what may still run has stopped,
// its trace is written, the bus has drained, and only then the state changes.
module onpu_command
  import onpu_isa_pkg::*;
  import onpu_pkg::*;
#(
  parameter int unsigned V = 16,
  parameter int unsigned SramBytes = 524288
) (
  input logic clk_i,
  // Assertions look at it too.
  // verilator lint_off SYNCASYNCNET
  input logic rst_ni,
  // verilator lint_on SYNCASYNCNET

  input job_t job_i,
  input job_command_t job_command_i,
  output job_status_t status_o,
  input logic reset_i,
  input move_t move_i,
  output logic move_busy_o,
  output logic move_error_o,
  input logic [63:0] cycle_i,
  input logic engines_idle_i,

  output logic rd_req_o,
  output logic rd_ctx0_o,
  output logic [31:0] rd_va_o,
  output logic [9:0] rd_bytes_o,
  input logic rd_gnt_i,
  input logic rd_valid_i,
  input logic [V-1:0][7:0] rd_data_i,
  input logic rd_last_i,
  input logic rd_err_i,
  input logic rd_bus_i,
  input logic [31:0] rd_va_i,
  output logic rd_ready_o,

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
  input logic wb_valid_i,
  input logic wb_err_i,
  input logic wb_bus_i,
  input logic [31:0] wb_va_i,

  output logic load_valid_o,
  output dma_t load_cmd_o,
  input logic load_ready_i,
  input logic load_done_i,
  input logic load_fault_i,
  input access_fault_t load_fault_info_i,
  output logic store_valid_o,
  output dma_t store_cmd_o,
  input logic store_ready_i,
  input logic store_done_i,
  input logic store_fault_i,
  input access_fault_t store_fault_info_i,
  output logic compute_valid_o,
  output logic [MaxWords*32-1:0] compute_cmd_o,
  input logic compute_ready_i,
  input logic compute_done_i,
  input logic compute_fault_i,
  input logic [7:0] compute_fault_code_i,
  output logic abort_o,

  input logic [9:0] load_bytes_i,
  input logic [9:0] store_bytes_i,
  input logic compute_busy_i,

  // Of engines 0 to 2: a command starts, or has completed or failed.
  output logic [2:0] evt_start_o,
  output logic [2:0] evt_done_o,
  output logic [2:0][31:0] evt_offset_o,  // of what starts
  output logic [2:0][31:0] evt_done_offset_o,

  // What comes next of compute commands, or the job's end, waits for commands of engines 0 and 2.
  output logic evt_wait_load_o,
  output logic evt_wait_store_o
);

  localparam int unsigned BeatWords = V / 4;
  localparam int unsigned SkipBits = $clog2(BeatWords);
  localparam int unsigned DmaWidth = $bits(dma_t) + 129;
  localparam int unsigned ComputeWidth = 32 * MaxWords + 32;
  localparam int unsigned Engines = 3;

  logic running, start, resume, finish;

  // ---- the stream ----------------------------------------------------------------------------

  logic fetch_start, fetch_flush, fetch_idle, beat_valid, beat_pop, fetch_fail, fetch_fail_bus;
  logic [31:0] fetch_fail_va;
  logic [V-1:0][7:0] beat_bytes;
  logic state_fetch, state_pop;
  logic [31:0] state_va, offset_q, stream_va, stream_bytes;
  logic misaligned;

  assign misaligned = job_i.entry[1:0] != '0 || job_i.size[1:0] != '0;
  assign stream_va = job_i.entry + offset_q;
  assign stream_bytes = misaligned || job_i.size < offset_q ? '0 : job_i.size - offset_q;

  onpu_command_fetch #(.V(V)) u_fetch (
    .clk_i, .rst_ni,
    .abort_i(reset_i),
    .start_i(fetch_start || state_fetch),
    .ctx0_i(state_fetch),
    .va_i(state_fetch ? state_va : stream_va),
    .bytes_i(state_fetch ? StateBytes : stream_bytes),
    .flush_i(fetch_flush),
    .idle_o(fetch_idle),
    .valid_o(beat_valid),
    .beat_o(beat_bytes),
    .pop_i(beat_pop || state_pop),
    .fail_o(fetch_fail),
    .fail_bus_o(fetch_fail_bus),
    .fail_va_o(fetch_fail_va),
    .rd_req_o, .rd_ctx0_o, .rd_va_o, .rd_bytes_o, .rd_gnt_i, .rd_valid_i, .rd_data_i,
    .rd_last_i, .rd_err_i, .rd_bus_i, .rd_va_i, .rd_ready_o
  );

  // ---- commands from beats -------------------------------------------------------------------

  logic [31:0] words_q [MaxWords];
  logic asm_on_q;  // more is wanted
  logic asm_valid_q;  // a whole command, or a fault
  logic [7:0] asm_fault_q;
  logic [31:0] asm_va_q;
  logic [5:0] pos_q, len_q;
  logic [SkipBits-1:0] skip_q;
  logic [31:0] left_q;  // of the stream, from the command's begin

  logic [BeatWords-1:0][31:0] beat;
  logic [15:0] header;
  logic [7:0] words;
  logic [5:0] length, need, most, taken;
  logic is_first, known, length_good, whole, moving;
  logic take_command;  // by the check

  assign beat = beat_bytes;
  assign header = beat[skip_q][15:0];
  assign is_first = pos_q == '0;
  assign words = command_words(header[7:0]);
  assign length = words[5:0];
  assign known = words != '0;
  assign length_good = header[15:8] == words;
  assign whole = left_q >= {24'b0, length, 2'b0};
  assign need = is_first ? length : len_q - pos_q;
  assign most = 6'(BeatWords) - 6'(skip_q);
  assign taken = need < most ? need : most;
  assign moving = asm_on_q && !asm_valid_q && beat_valid &&
      (!is_first || (left_q != '0 && known && length_good && whole));
  assign beat_pop = moving && taken == most;

  // Index in the command of a beat's words.
  logic [BeatWords-1:0][5:0] index;
  for (genvar g = 0; g < BeatWords; g++) begin : gen_index
    assign index[g] = pos_q + 6'(g) - 6'(skip_q);
  end

  always_ff @(posedge clk_i) begin
    if (moving)
      for (int unsigned i = 0; i < BeatWords; i++)
        if (6'(i) >= 6'(skip_q) && 6'(i) - 6'(skip_q) < taken) words_q[index[i]] <= beat[i];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      asm_on_q <= 1'b0;
      asm_valid_q <= 1'b0;
      asm_fault_q <= '0;
      asm_va_q <= '0;
      pos_q <= '0;
      len_q <= '0;
      skip_q <= '0;
      left_q <= '0;
    end else if (reset_i || fetch_flush) begin
      asm_on_q <= 1'b0;
      asm_valid_q <= 1'b0;
    end else if (fetch_start) begin
      asm_on_q <= 1'b1;
      asm_valid_q <= 1'b0;
      asm_fault_q <= '0;
      asm_va_q <= '0;
      pos_q <= '0;
      skip_q <= stream_va[2 +: SkipBits];
      left_q <= stream_bytes;
      if (misaligned) begin
        asm_valid_q <= 1'b1;
        asm_fault_q <= 8'(FaultStream);
      end
    end else if (take_command) begin
      asm_valid_q <= 1'b0;
      pos_q <= '0;
      left_q <= left_q - {24'b0, len_q, 2'b0};
      // Nothing is wanted behind END or a fault.
      if (asm_fault_q != '0 || words_q[0][7:0] == OpcodeEnd) asm_on_q <= 1'b0;
    end else if (asm_on_q && !asm_valid_q) begin
      if (moving) begin
        pos_q <= pos_q + taken;
        skip_q <= skip_q + SkipBits'(taken);
        if (is_first) len_q <= length;
        if (taken == need) asm_valid_q <= 1'b1;
      end else if (left_q == '0) begin
        asm_valid_q <= 1'b1;
        asm_fault_q <= 8'(FaultStream);
      end else if (beat_valid) begin
        asm_valid_q <= 1'b1;
        asm_fault_q <= !known ? 8'(FaultOpcode) : !length_good ? 8'(FaultLength) :
            8'(FaultStream);
      end else if (fetch_fail) begin
        asm_valid_q <= 1'b1;
        asm_fault_q <= fetch_fail_bus ? 8'(FaultBus) : 8'(FaultMmu);
        asm_va_q <= fetch_fail_va;
      end
    end
  end

  // ---- check and dispatch --------------------------------------------------------------------

  typedef enum logic [2:0] {
    DispatchEmpty, DispatchStart, DispatchCheck, DispatchPush, DispatchStop
  } dispatch_e;

  dispatch_e dispatch_q;
  logic [MaxWords*32-1:0] cmd_q;
  logic [31:0] offset_next;
  logic [Engines-1:0][31:0] dispatched_q;
  logic check_done;
  logic [7:0] check_fault;
  dma_t check_dma;
  logic [1:0] cmd_engine;
  logic cmd_profile, push, control, is_end, control_passes, control_stops;
  logic [2:0] push_to, queue_ready;
  logic preempt_q;  // asked for
  logic record_control_q;  // a record of END or PREEMPT stands ready
  logic stopping;  // no dispatch any more
  logic begin_run;

  assign begin_run = start || resume;
  assign cmd_engine = command_engine(cmd_q[7:0]);
  assign cmd_profile = cmd_q[8*HeadFlagsAt + CmdProfileBit];
  assign is_end = cmd_q[7:0] == OpcodeEnd;
  assign take_command = dispatch_q == DispatchEmpty && asm_valid_q && running && !stopping;
  assign control = dispatch_q == DispatchPush && cmd_engine == EngineControl && !stopping;
  assign push = dispatch_q == DispatchPush && !stopping;
  for (genvar g = 0; g < Engines; g++) begin : gen_push
    assign push_to[g] = push && cmd_engine == 2'(g);
  end
  // A PREEMPT that nobody asked for.
  assign control_passes = control && !is_end && !preempt_q && !(cmd_profile && record_control_q);
  assign control_stops = control && (is_end || preempt_q) && !record_control_q;
  assign offset_next = offset_q + {24'b0, cmd_q[13:8], 2'b0};

  onpu_command_check #(.SramBytes(SramBytes)) u_check (
    .clk_i, .rst_ni,
    .abort_i(reset_i || finish),
    .start_i(dispatch_q == DispatchStart),
    .cmd_i(cmd_q),
    .dispatched_i(dispatched_q),
    .region_i(job_i.region),
    .last_i(offset_next == job_i.size),
    .done_o(check_done),
    .fault_o(check_fault),
    .dma_o(check_dma)
  );

  // ---- queues --------------------------------------------------------------------------------

  logic [2:0] head_valid, head_profile, pop, queue_empty;
  logic [2:0][31:0] head_offset;
  logic [2:0][2:0][31:0] head_wait;
  logic [DmaWidth-1:0] dma_data, load_head, store_head;
  logic [ComputeWidth-1:0] compute_head;
  logic queue_clear;
  dma_t load_dma, store_dma;

  assign queue_clear = reset_i || finish;
  assign dma_data = {check_dma, cmd_profile, offset_q, cmd_q[127:32]};

  onpu_command_queue #(.Width(DmaWidth)) u_load_queue (
    .clk_i, .rst_ni,
    .clear_i(queue_clear),
    .push_i(push_to[0]), .data_i(dma_data), .ready_o(queue_ready[0]),
    .valid_o(head_valid[0]), .data_o(load_head), .pop_i(pop[0]), .empty_o(queue_empty[0])
  );

  onpu_command_queue #(.Width(ComputeWidth)) u_compute_queue (
    .clk_i, .rst_ni,
    .clear_i(queue_clear),
    .push_i(push_to[1]), .data_i({offset_q, cmd_q}), .ready_o(queue_ready[1]),
    .valid_o(head_valid[1]), .data_o(compute_head), .pop_i(pop[1]), .empty_o(queue_empty[1])
  );

  onpu_command_queue #(.Width(DmaWidth)) u_store_queue (
    .clk_i, .rst_ni,
    .clear_i(queue_clear),
    .push_i(push_to[2]), .data_i(dma_data), .ready_o(queue_ready[2]),
    .valid_o(head_valid[2]), .data_o(store_head), .pop_i(pop[2]), .empty_o(queue_empty[2])
  );

  assign {load_dma, head_profile[0], head_offset[0], head_wait[0]} = load_head;
  assign {store_dma, head_profile[2], head_offset[2], head_wait[2]} = store_head;
  assign head_offset[1] = compute_head[MaxWords*32 +: 32];
  assign head_profile[1] = compute_head[8*HeadFlagsAt + CmdProfileBit];
  assign head_wait[1] = compute_head[127:32];
  assign compute_cmd_o = compute_head[MaxWords*32-1:0];

  // ---- engines -------------------------------------------------------------------------------

  logic [2:0] offered, ready, ready_in, done, failed, busy, record, records, record_pop;
  logic [2:0][31:0] completed, oldest, record_offset;
  logic [2:0][63:0] record_start, record_end;
  logic hold, fault_valid_q, restored;
  logic [31:0] fault_offset_q;

  for (genvar g = 0; g < Engines; g++) begin : gen_engine
    // Behind a command that failed, loads and stores drop what they hold; compute completes what it took.
    onpu_command_engine #(.Drops(2'(g) != 2'(EngineCompute))) u_engine (
      .clk_i, .rst_ni,
      .clear_i(queue_clear),
      .cycle_i,
      .set_i(begin_run),
      .set_count_i(start ? 32'd0 : dispatched_q[g]),
      .completed_o(completed[g]),
      .head_valid_i(head_valid[g] && running),
      .head_offset_i(head_offset[g]),
      .head_profile_i(head_profile[g]),
      .head_wait_i(head_wait[g]),
      .pop_o(pop[g]),
      .completed_i(completed),
      .hold_i(hold),
      .stop_i(fault_valid_q),
      .stop_offset_i(fault_offset_q),
      .valid_o(offered[g]),
      .ready_i(ready[g]),
      .done_i(done[g] && running),
      .fault_i(failed[g] && running),
      .busy_o(busy[g]),
      .offset_o(oldest[g]),
      .record_o(record[g]),
      .record_offset_o(record_offset[g]),
      .record_start_o(record_start[g]),
      .record_end_o(record_end[g]),
      .record_pop_i(record_pop[g]),
      .records_o(records[g])
    );
  end

  logic [1:0] move_valid;
  dma_t move_dma;

  // An engine that hangs takes what it is offered and completes nothing.
  logic [2:0] hung;

`ifdef ONPU_BACKDOOR
  // For tests: an engine hangs from the command on that is the hang_at-th to start, until a reset.
  export "DPI-C" function onpu_hang;
  longint unsigned hang_at = 0, hang_at_q = 0, started_q = 0, started_d;
  logic [2:0] hung_q;

  // The n-th from now on; 0: never.
  function automatic void onpu_hang(input longint unsigned n);
    hang_at = n == 0 ? 0 : started_q + n;
  endfunction

  always_comb begin
    started_d = started_q;
    hung = hung_q;
    for (int unsigned i = 0; i < Engines; i++) begin
      if (offered[i] && (ready_in[i] || hung_q[i])) begin
        started_d++;
        if (started_d == hang_at_q) hung[i] = 1'b1;
      end
    end
  end

  // The count is the tests', no state of the hardware.
  always_ff @(posedge clk_i) begin
    hang_at_q <= hang_at;
    started_q <= started_d;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) hung_q <= '0;
    else hung_q <= reset_i ? '0 : hung;
  end
`else
  assign hung = '0;
`endif

  assign ready_in = {store_ready_i, compute_ready_i, load_ready_i};
  assign ready = ready_in | hung;
  assign done = {store_done_i, compute_done_i, load_done_i};
  assign failed = {store_fault_i, compute_fault_i, load_fault_i};
  assign load_valid_o = (offered[0] && !hung[0]) || move_valid[0];
  assign load_cmd_o = move_valid[0] ? move_dma : load_dma;
  assign store_valid_o = (offered[2] && !hung[2]) || move_valid[1];
  assign store_cmd_o = move_valid[1] ? move_dma : store_dma;
  assign compute_valid_o = offered[1] && !hung[1];
  assign abort_o = reset_i;
  assign evt_start_o = pop;
  assign evt_done_o = running ? done | failed : '0;
  assign evt_offset_o = head_offset;
  assign evt_done_offset_o = oldest;

  // ---- trace and state -----------------------------------------------------------------------

  logic trace_idle, trace_failed, trace_failed_bus, trace_pop_control;
  logic [31:0] trace_failed_va, trace_failed_offset, trace_used;
  logic [31:0] control_offset_q;
  logic [63:0] control_start_q, control_end_q;
  logic trace_write, state_write, write_ready, write_idle;
  logic [31:3] trace_write_va, state_write_va;
  logic [63:0] trace_write_data, state_write_data;

  typedef struct packed {
    logic [63:0] written;
    logic [63:0] read;
    logic [63:0] busy;
    logic [63:0] cycles;
    logic [31:0] trace_used;
    logic [2:0][31:0] dispatched;
    logic [31:0] offset;
  } saved_t;
  localparam int unsigned SavedWords = $bits(saved_t) / 32;

  saved_t saved, loaded;
  logic [63:0] used_q, busy_q, read_q, written_q;

  onpu_command_trace u_trace (
    .clk_i, .rst_ni,
    .abort_i(reset_i),
    .begin_i(begin_run),
    .va_i(job_i.trace_va),
    .size_i(job_i.trace_size),
    .set_used_i(start || restored),
    .set_used_value_i(start ? '0 : loaded.trace_used),
    .used_o(trace_used),
    .record_i({record_control_q, record}),
    .offset_i({control_offset_q, record_offset}),
    .start_i({control_start_q, record_start}),
    .end_i({control_end_q, record_end}),
    .pop_o({trace_pop_control, record_pop}),
    .idle_o(trace_idle),
    .failed_o(trace_failed),
    .failed_bus_o(trace_failed_bus),
    .failed_va_o(trace_failed_va),
    .failed_offset_o(trace_failed_offset),
    .write_o(trace_write),
    .write_ready_i(write_ready && !state_write),
    .write_va_o(trace_write_va),
    .write_data_o(trace_write_data),
    .answer_i(wb_valid_i && running),
    .answer_err_i(wb_err_i),
    .answer_bus_i(wb_bus_i),
    .answer_va_i(wb_va_i)
  );

  job_state_e state_q;
  logic standing_q;  // the state is one of a job that stands at a PREEMPT
  logic state_busy, move_allowed;

  assign saved.written = written_q;
  assign saved.read = read_q;
  assign saved.busy = busy_q;
  assign saved.cycles = used_q;
  assign saved.trace_used = trace_used;
  assign saved.dispatched = dispatched_q;
  assign saved.offset = offset_q;

  logic [SavedWords-1:0][31:0] loaded_words;
  assign loaded = loaded_words;

  onpu_command_state #(.V(V), .SramBytes(SramBytes), .Words(SavedWords)) u_state (
    .clk_i, .rst_ni,
    .abort_i(reset_i),
    .move_i,
    .running_i(!move_allowed),
    .preempted_i(state_q == JobPreempted),
    .busy_o(state_busy),
    .error_o(move_error_o),
    .state_i(saved),
    .state_o(loaded_words),
    .restored_o(restored),
    .valid_o(move_valid),
    .dma_o(move_dma),
    .ready_i({store_ready_i, load_ready_i}),
    .done_i({store_done_i, load_done_i}),
    .fault_i({store_fault_i, load_fault_i}),
    .write_o(state_write),
    .write_va_o(state_write_va),
    .write_data_o(state_write_data),
    .write_ready_i(write_ready),
    .write_idle_i(write_idle),
    .answer_err_i(wb_valid_i && wb_err_i),
    .fetch_o(state_fetch),
    .fetch_va_o(state_va),
    .fetch_idle_i(fetch_idle),
    .valid_i(beat_valid && !running),
    .beat_i(beat_bytes),
    .pop_o(state_pop),
    .fail_i(fetch_fail)
  );
  assign move_busy_o = state_busy;

  onpu_command_write #(.V(V)) u_write (
    .clk_i, .rst_ni,
    .abort_i(reset_i),
    .valid_i(trace_write || state_write),
    .ready_o(write_ready),
    .ctx0_i(state_write),
    .va_i(state_write ? state_write_va : trace_write_va),
    .data_i(state_write ? state_write_data : trace_write_data),
    .idle_o(write_idle),
    .wr_req_o, .wr_ctx0_o, .wr_va_o, .wr_bytes_o, .wr_gnt_i,
    .wd_valid_o, .wd_data_o, .wd_strb_o, .wd_last_o, .wd_ready_i, .wb_valid_i
  );

  // ---- the job -------------------------------------------------------------------------------

  logic ended_q;  // what may run has stopped
  logic stop_q;  // killed or out of cycles, and no fault came before
  logic hold_q;  // nothing starts any more
  logic [7:0] fault_code_q, stop_code_q;
  logic [2:0] fault_engine_q;
  logic [31:0] fault_va_q;
  logic fault_write_q;
  logic [63:0] start_q, end_q;
  logic stopped, expired, drained, drains;

  assign running = state_q == JobRunning;
  assign start = job_command_i.start && state_q == JobIdle && !state_busy && !reset_i;
  assign resume = job_command_i.resume && (state_q == JobIdle || state_q == JobPreempted) &&
      standing_q && !state_busy && !reset_i;
  assign move_allowed = !running && !start && !resume;

  assign expired = job_i.max_cycles != '0 && used_q > job_i.max_cycles;
  assign hold = hold_q;
  assign stopping = fault_valid_q || hold_q || ended_q;

  // END, or a PREEMPT that was asked for, waits until all has completed.
  assign drains = dispatch_q == DispatchStop;
  assign drained = busy == '0 && queue_empty == '1;

  // The next compute command is at the head of its queue; or behind a DMA command whose queue is
  // full; or there is none, and END or PREEMPT waits for what is left.
  logic [Engines-1:0] waits;
  for (genvar g = 0; g < Engines; g++) begin : gen_waits
    assign waits[g] = head_valid[1] ? head_wait[1][g] > completed[g] :
        drains ? busy[g] || !queue_empty[g] : push_to[g] && !queue_ready[g];
  end
  assign evt_wait_load_o = running && waits[0];
  assign evt_wait_store_o = running && waits[2];
  logic unused_waits;
  assign unused_waits = waits[1];

  // Behind a fault's command nothing starts, before it everything does.
  logic [2:0] beyond;
  for (genvar g = 0; g < Engines; g++) begin : gen_beyond
    assign beyond[g] = queue_empty[g] || (head_valid[g] && head_offset[g] > fault_offset_q);
  end
  assign stopped = running && !ended_q &&
      (hold_q ? busy == '0 : fault_valid_q ? busy == '0 && beyond == '1 : drains && drained);

  assign fetch_flush = stopped;
  assign finish = running && ended_q && records == '0 && trace_idle && write_idle && fetch_idle &&
      engines_idle_i;

  // The fault of the lowest offset.  `best` values are variables of the process.
  logic best_valid, best_write;
  logic [7:0] best_code;
  logic [2:0] best_engine;
  logic [31:0] best_offset, best_va;
  logic check_failed;
  assign check_failed = dispatch_q == DispatchCheck && check_done && check_fault != '0 &&
      !stopping;

  /* verilator lint_off BLKSEQ */
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fault_valid_q <= 1'b0;
      fault_offset_q <= '0;
      fault_code_q <= '0;
      fault_engine_q <= '0;
      fault_va_q <= '0;
      fault_write_q <= 1'b0;
    end else if (reset_i || begin_run) begin
      fault_valid_q <= 1'b0;
      fault_offset_q <= '0;
      fault_code_q <= '0;
      fault_engine_q <= '0;
      fault_va_q <= '0;
      fault_write_q <= 1'b0;
    end else if (running && (failed != '0 || check_failed ||
                             (take_command && asm_fault_q != '0))) begin
      best_valid = fault_valid_q;
      best_offset = fault_offset_q;
      best_code = fault_code_q;
      best_engine = fault_engine_q;
      best_va = fault_va_q;
      best_write = fault_write_q;
      if (load_fault_i && (!best_valid || oldest[0] < best_offset)) begin
        best_valid = 1'b1;
        best_offset = oldest[0];
        best_code = load_fault_info_i.bus ? 8'(FaultBus) : 8'(FaultMmu);
        best_engine = 3'(EngineLoad);
        best_va = load_fault_info_i.va;
        best_write = 1'b0;
      end
      if (compute_fault_i && (!best_valid || oldest[1] < best_offset)) begin
        best_valid = 1'b1;
        best_offset = oldest[1];
        best_code = compute_fault_code_i;
        best_engine = 3'(EngineCompute);
        best_va = '0;
        best_write = 1'b0;
      end
      if (store_fault_i && (!best_valid || oldest[2] < best_offset)) begin
        best_valid = 1'b1;
        best_offset = oldest[2];
        best_code = store_fault_info_i.bus ? 8'(FaultBus) : 8'(FaultMmu);
        best_engine = 3'(EngineStore);
        best_va = store_fault_info_i.va;
        best_write = 1'b1;
      end
      // All commands that were dispatched come before this one.
      if ((check_failed || (take_command && asm_fault_q != '0)) && !best_valid) begin
        best_valid = 1'b1;
        best_offset = offset_q;
        best_code = check_failed ? check_fault : asm_fault_q;
        best_engine = 3'(EngineControl);
        best_va = check_failed ? '0 : asm_va_q;
        best_write = 1'b0;
      end
      fault_valid_q <= best_valid;
      fault_offset_q <= best_offset;
      fault_code_q <= best_code;
      fault_engine_q <= best_engine;
      fault_va_q <= best_va;
      fault_write_q <= best_write;
    end else if (finish && stop_q) begin
      fault_offset_q <= offset_q;
      fault_code_q <= stop_code_q;
      fault_engine_q <= 3'(EngineControl);
      fault_va_q <= '0;
      fault_write_q <= 1'b0;
    end else if (finish && !fault_valid_q && trace_failed) begin
      fault_offset_q <= trace_failed_offset;
      fault_code_q <= trace_failed_bus ? 8'(FaultBus) : 8'(FaultMmu);
      fault_engine_q <= 3'(EngineControl);
      fault_va_q <= trace_failed_va;
      fault_write_q <= 1'b1;
    end
  end
  /* verilator lint_on BLKSEQ */

  // Registers of dispatch.
  always_ff @(posedge clk_i) begin
    if (take_command)
      for (int unsigned i = 0; i < MaxWords; i++) cmd_q[32*i +: 32] <= words_q[i];
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      dispatch_q <= DispatchEmpty;
      offset_q <= '0;
      dispatched_q <= '0;
      record_control_q <= 1'b0;
      control_offset_q <= '0;
      control_start_q <= '0;
      control_end_q <= '0;
      preempt_q <= 1'b0;
    end else begin
      case (dispatch_q)
        DispatchEmpty: if (take_command && asm_fault_q == '0) dispatch_q <= DispatchStart;
        DispatchStart: dispatch_q <= DispatchCheck;
        DispatchCheck: if (check_done && check_fault == '0) dispatch_q <= DispatchPush;
        DispatchPush:
          if ((push_to & queue_ready) != '0 || control_passes) begin
            dispatch_q <= DispatchEmpty;
            offset_q <= offset_next;
            for (int unsigned i = 0; i < Engines; i++)
              if (push_to[i]) dispatched_q[i] <= dispatched_q[i] + 32'd1;
          end else if (control_stops) begin
            dispatch_q <= DispatchStop;
          end
        default: ;
      endcase

      if (trace_pop_control) record_control_q <= 1'b0;
      if (control_passes && cmd_profile) begin
        record_control_q <= 1'b1;
        control_offset_q <= offset_q;
        control_start_q <= cycle_i;
        control_end_q <= cycle_i;
      end
      if (control_stops) control_start_q <= cycle_i;
      if (stopped && drains && !hold_q && !fault_valid_q) begin
        record_control_q <= cmd_profile;
        control_offset_q <= offset_q;
        control_end_q <= cycle_i;
        offset_q <= offset_next;
      end

      if (running && job_command_i.preempt) preempt_q <= 1'b1;
      if (job_command_i.no_preempt) preempt_q <= 1'b0;
      if (restored) begin
        offset_q <= loaded.offset;
        dispatched_q <= loaded.dispatched;
      end
      if (start) begin
        offset_q <= '0;
        dispatched_q <= '0;
      end
      if (begin_run || finish || reset_i) begin
        dispatch_q <= DispatchEmpty;
        record_control_q <= 1'b0;
        preempt_q <= 1'b0;
      end
    end
  end

  // START and RESUME fetch in the next cycle, when offset_q is right.
  logic begin_q;
  assign fetch_start = begin_q && !reset_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= JobIdle;
      standing_q <= 1'b0;
      begin_q <= 1'b0;
      ended_q <= 1'b0;
      stop_q <= 1'b0;
      hold_q <= 1'b0;
      stop_code_q <= '0;
      start_q <= '0;
      end_q <= '0;
      used_q <= '0;
      busy_q <= '0;
      read_q <= '0;
      written_q <= '0;
    end else if (reset_i) begin
      state_q <= JobIdle;
      standing_q <= 1'b0;
      begin_q <= 1'b0;
      ended_q <= 1'b0;
      stop_q <= 1'b0;
      hold_q <= 1'b0;
    end else begin
      begin_q <= begin_run;
      if (begin_run) begin
        state_q <= JobRunning;
        standing_q <= 1'b0;
        ended_q <= 1'b0;
        stop_q <= 1'b0;
        hold_q <= 1'b0;
        start_q <= cycle_i;
      end else if (job_command_i.ack && !running) begin
        state_q <= JobIdle;
      end
      if (restored) begin
        standing_q <= 1'b1;
        used_q <= loaded.cycles;
        busy_q <= loaded.busy;
        read_q <= loaded.read;
        written_q <= loaded.written;
      end
      if (start) begin
        used_q <= '0;
        busy_q <= '0;
        read_q <= '0;
        written_q <= '0;
      end
      if (running) begin
        if (!ended_q && !stopped) begin
          used_q <= used_q + 64'd1;
          if (!hold_q && (job_command_i.kill || expired)) begin
            hold_q <= 1'b1;
            stop_q <= !fault_valid_q;
            stop_code_q <= job_command_i.kill ? 8'(FaultKilled) : 8'(FaultWatchdog);
          end
        end
        if (compute_busy_i) busy_q <= busy_q + 64'd1;
        if (load_bytes_i != '0) read_q <= read_q + {54'b0, load_bytes_i};
        if (store_bytes_i != '0) written_q <= written_q + {54'b0, store_bytes_i};
        if (stopped) begin
          ended_q <= 1'b1;
          end_q <= cycle_i;
        end
        if (finish) begin
          if (stop_q || fault_valid_q || trace_failed) begin
            state_q <= JobFault;
          end else if (is_end) begin
            state_q <= JobDone;
          end else begin
            state_q <= JobPreempted;
            standing_q <= 1'b1;
          end
        end
      end
    end
  end

  always_comb begin
    status_o.state = state_q;
    status_o.write = fault_write_q;
    status_o.engine = fault_engine_q;
    status_o.fault = fault_code_q;
    status_o.offset = !running && fault_code_q != '0 ? fault_offset_q : offset_q;
    status_o.fault_va = fault_va_q;
    status_o.start = start_q;
    status_o.ending = end_q;
    status_o.busy = busy_q;
    status_o.read_bytes = read_q;
    status_o.write_bytes = written_q;
    // The PREEMPT stays in cmd_q until the job goes on.
    status_o.live = state_q == JobPreempted ? cmd_q[PreemptWords*32-1:128] : '0;
  end

endmodule
