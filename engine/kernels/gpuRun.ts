/** One prepared Program on a device: its arena, its bind group, and how a step is submitted and read. */
import { canonInPlace } from '#engine/numerics/canon.ts';
import { type Bits, DivergedError, IndexError, type Run, UnsupportedError } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { COPY_DST, COPY_SRC, MAP_READ, MODE_READ, STORAGE, UNIFORM } from './bufferUsage.ts';
import { type PipelineVerdict, ProgramCheck } from './checkProgram.ts';
import type { Hasher, HasherChoice } from './chooseHasher.ts';
import { cutsFromTime, cutSubmissions, firstCuts } from './cutSubmissions.ts';
import type { DeviceWatch } from './deviceWatch.ts';
import { gridOf, type Kernel } from './emitKernel.ts';
import { ENV_BYTES, environments } from './environments.ts';
import { isGuarded } from './macFormat.ts';
import { bankBinding } from './memoryBanks.ts';
import { banksOf, type MemoryPlan } from './planMemory.ts';
import { scopedCalls, unlessFault } from './scopedCalls.ts';
import { StepPace } from './stepPace.ts';
import { TensorHasher } from './tensorHasher.ts';
import { type Stretch, WordReader } from './wordReader.ts';

/** First operation whose result is not finite, first whose index is outside, whether products saw something not finite, and the call's mark. */
const STATUS_WORDS = 4;
const NONE = 0xffffffff;
const NOTHING = new Uint32Array(0);

const copyOf = (words: Bits): Bits => words.slice();

export interface GpuRunParts {
  readonly device: GPUDevice;
  readonly layout: GPUBindGroupLayout;
  readonly program: Program;
  readonly plan: MemoryPlan;
  readonly kernels: readonly (Kernel & { readonly pipeline: GPUComputePipeline })[];
  readonly watch: DeviceWatch;
  readonly hashing: () => Promise<HasherChoice>;
}

export class GpuRun implements Run {
  private readonly parts: GpuRunParts;
  private readonly arena: GPUBuffer;
  private readonly env: GPUBuffer;
  private readonly envStarts: readonly number[];
  private readonly status: GPUBuffer;
  private readonly group: GPUBindGroup;
  /** Words of outputs of one step, then the status. */
  private readonly reportWords: number;
  private stepsDone = 0;
  /** Of the last call of `run`. Each step's report must bring its own back: what was never written reads as zeros. */
  private mark = 0;
  /** Ends with the submissions of the last call: those of the next come after them, whatever each still has to read. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly reader: WordReader;
  private readonly pace = new StepPace(() => performance.now());
  private hasher: TensorHasher | null = null;
  /** Points of each kernel's iteration space; and after which kernels a submission of a step ends. */
  private readonly costs: readonly number[];
  private ends: readonly number[];

  constructor(parts: GpuRunParts) {
    this.parts = parts;
    const { device, plan, program, layout, kernels } = parts;
    this.arena = device.createBuffer({ size: Math.max(4, plan.words * 4), usage: STORAGE | COPY_SRC | COPY_DST });
    const { records, starts } = environments(plan, kernels);
    this.envStarts = starts;
    this.env = device.createBuffer({ size: records.byteLength, usage: UNIFORM | COPY_DST });
    device.queue.writeBuffer(this.env, 0, records);
    this.status = device.createBuffer({ size: STATUS_WORDS * 4, usage: STORAGE | COPY_SRC | COPY_DST });
    this.reader = new WordReader(device);
    this.group = device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: this.bank(0) },
        { binding: 1, resource: { buffer: this.env, size: ENV_BYTES } },
        { binding: 2, resource: { buffer: this.status } },
        ...Array.from({ length: banksOf(plan) - 1 }, (_, k) => ({ binding: bankBinding(k + 1), resource: this.bank(k + 1) })),
      ],
    });
    this.costs = plan.kernels.map(({ points, writes }) => points ?? writes.reduce((sum, buffer) => sum + (plan.sizes[buffer] as number), 0));
    this.ends = cutSubmissions(this.costs, firstCuts(this.costs));
    this.reportWords = program.outputs.reduce((sum, output) => sum + (plan.sizes[output.tensor] as number), 0) + STATUS_WORDS;
  }

  private bank(number: number): GPUBufferBinding {
    const { bank, words } = this.parts.plan;
    if (words <= bank) return { buffer: this.arena };
    return { buffer: this.arena, offset: number * bank * 4, size: Math.min(bank, words - number * bank) * 4 };
  }

  load(state: readonly Bits[]): Promise<void> {
    const { device, program } = this.parts;
    return this.inTurn(async () => {
      if (state.length !== program.state.length) throw new RangeError(`${state.length} state tensors given, ${program.state.length} needed`);
      const { fault } = scopedCalls(device, () => program.state.forEach((slot, k) => this.write(slot.tensor, state[k] as Bits)));
      this.stepsDone = 0;
      await this.alive(unlessFault(undefined, [fault]));
    });
  }

  async run(steps: readonly (readonly Bits[])[]): Promise<Bits[][]> {
    const { device } = this.parts;
    const size = Math.max(4, this.reportWords * 4 * steps.length);
    const { made: report, fault } = scopedCalls(device, () => device.createBuffer({ size, usage: MAP_READ | COPY_DST }));
    try {
      const { first, mark, faults } = await this.inTurn(() => this.submitSteps(steps, report));
      await this.alive(unlessFault(report.mapAsync(MODE_READ), [fault, ...faults]));
      const words = new Uint32Array(report.getMappedRange().slice(0));
      return this.readReport(words, { first, count: steps.length, mark });
    } finally {
      report.destroy();
    }
  }

  async state(): Promise<Bits[]> {
    const { read } = await this.inTurn(async () => ({ read: this.readBuffers(this.stateBuffers(), copyOf) }));
    return read;
  }

  /** `by`: default is what this device does faster. Errors: UnsupportedError where it is to be the GPU, which cannot. */
  async roots(state?: Promise<readonly Bits[]>, by?: Hasher): Promise<Uint8Array[]> {
    const { made } = await this.inTurn(async () => {
      const { hasher, fault, onGpu } = await this.alive(this.parts.hashing());
      // Its hasher binds the arena in one piece.
      const inOnePiece = banksOf(this.parts.plan) === 1;
      if ((by ?? (inOnePiece ? hasher : 'cpu')) === 'cpu')
        return { made: state ? state.then((tensors) => tensors.map(tensorRoot)) : this.readBuffers(this.stateBuffers(), tensorRoot) };
      if (!onGpu || !inOnePiece) throw new UnsupportedError(`this device cannot hash: ${fault ?? 'the state is larger than what it binds in one piece'}`);
      this.hasher ??= new TensorHasher(onGpu.kernel, this.arena, this.stretchesOf(this.stateBuffers()), onGpu.mostBlocks);
      return { made: this.alive(this.hasher.roots()) };
    });
    return made;
  }

  /** A turn ends with what `submit` promises: an answer that is waited for later comes inside an object. */
  private inTurn<T>(submit: () => Promise<T>): Promise<T> {
    const submitted = this.turn.then(submit);
    this.turn = submitted.catch(() => undefined);
    return submitted;
  }

  private stateBuffers(): number[] {
    return this.parts.program.state.map(({ tensor }) => tensor);
  }

  private readBuffers<T>(buffers: readonly number[], take: (words: Bits) => T): Promise<T[]> {
    return this.alive(this.reader.read(this.arena, this.stretchesOf(buffers), take));
  }

  private stretchesOf(buffers: readonly number[]): Stretch[] {
    const { offsets, sizes } = this.parts.plan;
    return buffers.map((buffer) => ({ offset: offsets[buffer] as number, words: sizes[buffer] as number }));
  }

  dispose(): void {
    for (const buffer of [this.arena, this.env, this.status]) buffer.destroy();
    this.hasher?.dispose();
    this.reader.dispose();
  }

  private alive<T>(work: Promise<T>): Promise<T> {
    return this.parts.watch.alive(work);
  }

  /** Gives the number of the first of them, what marks their reports, and what the device has to say of them. */
  private async submitSteps(steps: readonly (readonly Bits[])[], report: GPUBuffer) {
    const { device } = this.parts;
    const first = this.stepsDone;
    this.stepsDone += steps.length;
    const mark = ++this.mark;
    const faults = [scopedCalls(device, () => this.writeStatus(mark)).fault];
    for (const [k, inputs] of steps.entries()) {
      await this.alive(this.pace.room());
      if (this.pace.stepMs !== null) this.ends = cutSubmissions(this.costs, cutsFromTime(this.pace.stepMs, this.costs.length));
      faults.push(scopedCalls(device, () => this.submitStep(inputs, report, k * this.reportWords * 4)).fault);
      this.pace.submitted(device.queue.onSubmittedWorkDone());
    }
    return { first, mark, faults };
  }

  private writeStatus(mark: number): void {
    this.parts.device.queue.writeBuffer(this.status, 0, Uint32Array.of(NONE, NONE, 0, mark));
  }

  private submitStep(inputs: readonly Bits[], report: GPUBuffer, reportAt: number): void {
    const { device, kernels } = this.parts;
    this.writeInputs(inputs);
    let begin = 0;
    for (const end of this.ends) {
      const part = device.createCommandEncoder();
      this.encode(part, begin, end);
      begin = end;
      if (end < kernels.length) device.queue.submit([part.finish()]);
      else this.submitReport(part, report, reportAt);
    }
  }

  private encode(encoder: GPUCommandEncoder, begin: number, end: number): void {
    const { kernels } = this.parts;
    const pass = encoder.beginComputePass();
    for (let k = begin; k < end; k++) {
      const kernel = kernels[k] as (typeof kernels)[number];
      pass.setBindGroup(0, this.group, [this.envStarts[k] as number]);
      pass.setPipeline(kernel.pipeline);
      pass.dispatchWorkgroups(...gridOf(kernel));
    }
    pass.end();
  }

  /** Kernel by kernel from a loaded state: every result is read back, and some of its elements are computed again. */
  async check(state: readonly Bits[], inputs: readonly Bits[]): Promise<PipelineVerdict[]> {
    const { device, program, plan, kernels } = this.parts;
    const known = new Map<number, Bits>();
    const learn = (tensor: number, bits: Bits) => {
      const words = new Uint32Array(bits);
      if (program.tensors[tensor]?.dtype === 'f32') canonInPlace(words, words.length);
      known.set(tensor, words);
    };
    program.state.forEach((slot, k) => learn(slot.tensor, state[k] as Bits));
    program.inputs.forEach((input, k) => learn(input.tensor, inputs[k] ?? NOTHING));
    const faults = [scopedCalls(device, () => this.writeInputs(inputs)).fault, scopedCalls(device, () => this.writeStatus(0)).fault];
    const check = new ProgramCheck(program, known);
    let guarded = false;
    for (const [k, kernel] of plan.kernels.entries()) {
      const shader = kernels[k]?.code ?? '';
      guarded ||= isGuarded(shader);
      faults.push(scopedCalls(device, () => this.submitKernel(k)).fault);
      if (!kernel.gives?.length) continue;
      const read = await this.readBuffers(kernel.writes, copyOf);
      const results = new Map(kernel.writes.map((buffer, at) => [buffer, read[at] as Bits]));
      for (const { gives: operations = [] } of kernel.twins ?? [kernel]) check.judge({ shader, guarded, operations, results });
      guarded = false;
    }
    return this.alive(unlessFault(check.verdicts, faults));
  }

  private submitKernel(kernel: number): void {
    const { queue } = this.parts.device;
    const encoder = this.parts.device.createCommandEncoder();
    this.encode(encoder, kernel, kernel + 1);
    queue.submit([encoder.finish()]);
  }

  /** Ends a step: its outputs and the status, copied to where the host will look. */
  private submitReport(encoder: GPUCommandEncoder, report: GPUBuffer, reportAt: number): void {
    const { device, plan } = this.parts;
    let at = reportAt;
    for (const buffer of plan.outputs) {
      const bytes = (plan.sizes[buffer] as number) * 4;
      encoder.copyBufferToBuffer(this.arena, (plan.offsets[buffer] as number) * 4, report, at, bytes);
      at += bytes;
    }
    encoder.copyBufferToBuffer(this.status, 0, report, at, STATUS_WORDS * 4);
    device.queue.submit([encoder.finish()]);
  }

  private readReport(words: Uint32Array, { first, count, mark }: { readonly first: number; readonly count: number; readonly mark: number }): Bits[][] {
    const { program, plan } = this.parts;
    const outputs: Bits[][] = [];
    for (let step = 0; step < count; step++) {
      let at = step * this.reportWords;
      outputs.push(program.outputs.map(({ tensor }) => words.slice(at, (at += plan.sizes[tensor] as number))));
      const [diverged, outside] = [words[at] as number, words[at + 1] as number];
      if (words[at + 3] !== mark) throw new Error(`the graphics processor did not do step ${first + step}: nothing was written where its result should be`);
      const label = (operation: number) => program.operations[operation]?.label ?? `operation ${operation}`;
      if (outside !== NONE) throw new IndexError(first + step, label(outside));
      if (diverged !== NONE) throw new DivergedError(first + step, label(diverged));
    }
    return outputs;
  }

  private writeInputs(inputs: readonly Bits[]): void {
    this.parts.program.inputs.forEach((input, k) => this.write(input.tensor, inputs[k] ?? NOTHING));
  }

  private write(tensor: number, bits: Bits): void {
    const { device, program, plan } = this.parts;
    const size = plan.sizes[tensor] as number;
    const spec = program.tensors[tensor];
    if (bits.length !== size) throw new RangeError(`${spec?.name}: ${bits.length} elements given, ${size} needed`);
    const words = new Uint32Array(bits);
    if (spec?.dtype === 'f32') canonInPlace(words, words.length);
    device.queue.writeBuffer(this.arena, (plan.offsets[tensor] as number) * 4, words);
  }
}
