/** Roots (SPEC H3) of tensors that lie in a buffer of the device, made there: of each tensor 32 bytes are read back. */
import { bitsToBytes } from '#engine/program/bitsToBytes.ts';
import { COPY_DST, COPY_SRC, STORAGE, UNIFORM } from './bufferUsage.ts';
import { type HashPass, NODE_WORDS, planHash } from './planHash.ts';
import { scopedCalls, unlessFault } from './scopedCalls.ts';
import { HASH_WORKGROUP, ROUND_CONSTANTS, SHA256_WGSL } from './sha256.wgsl.ts';
import { type Stretch, WordReader } from './wordReader.ts';

/** What all hashers of a device share. */
export interface HashKernel {
  readonly device: GPUDevice;
  readonly pipeline: GPUComputePipeline;
  readonly constants: GPUBuffer;
}

/** Errors: GPUPipelineError; the device's, where it has no memory. */
export async function compileHash(device: GPUDevice): Promise<HashKernel> {
  const module = device.createShaderModule({ code: SHA256_WGSL });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const { made: constants, fault } = scopedCalls(device, () => {
    const buffer = device.createBuffer({ size: ROUND_CONSTANTS.byteLength, usage: UNIFORM | COPY_DST });
    device.queue.writeBuffer(buffer, 0, ROUND_CONSTANTS);
    return buffer;
  });
  return unlessFault({ device, pipeline, constants }, [fault]);
}

interface Dispatch {
  readonly group: GPUBindGroup;
  readonly workgroups: number;
}

export class TensorHasher {
  private readonly kernel: HashKernel;
  /** SHA-256 blocks of one time. */
  readonly blocks: number;
  private readonly count: number;
  private readonly nodes: GPUBuffer;
  private readonly reader: WordReader;
  private readonly tables: GPUBuffer[] = [];
  private readonly submissions: readonly (readonly Dispatch[])[];
  /** Of making its buffers. */
  private readonly fault: Promise<string | null>;

  /** The tensors are `stretches` of `tensors`. `mostBlocks`: SHA-256 blocks that one submission may be. */
  constructor(kernel: HashKernel, tensors: GPUBuffer, stretches: readonly Stretch[], mostBlocks: number) {
    const { device } = kernel;
    this.kernel = kernel;
    this.reader = new WordReader(device);
    this.count = stretches.length;
    const { passes, nodes } = planHash(stretches, mostBlocks);
    this.blocks = passes.reduce((sum, { blocks }) => sum + blocks, 0);
    const { made, fault } = scopedCalls(device, () => {
      const buffer = device.createBuffer({ size: Math.max(1, nodes) * NODE_WORDS * 4, usage: STORAGE | COPY_SRC });
      return { nodes: buffer, submissions: this.prepare(passes, [tensors, buffer], mostBlocks) };
    });
    this.nodes = made.nodes;
    this.submissions = made.submissions;
    this.fault = fault;
  }

  private prepare(passes: readonly HashPass[], operands: readonly [GPUBuffer, GPUBuffer], mostBlocks: number): Dispatch[][] {
    const submissions: Dispatch[][] = [];
    let room = 0;
    for (const pass of passes) {
      if (pass.blocks > room) {
        submissions.push([]);
        room = mostBlocks;
      }
      room -= pass.blocks;
      submissions.at(-1)?.push(this.preparePass(pass, operands));
    }
    return submissions;
  }

  private preparePass(pass: HashPass, operands: readonly [GPUBuffer, GPUBuffer]): Dispatch {
    const { device, pipeline, constants } = this.kernel;
    const words = tableOf(pass);
    const table = device.createBuffer({ size: words.byteLength, usage: STORAGE | COPY_DST });
    device.queue.writeBuffer(table, 0, words);
    this.tables.push(table);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [...operands, table, constants].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { group, workgroups: Math.ceil(pass.pieces / HASH_WORKGROUP) };
  }

  /** Of what the tensors are once all work submitted so far is done; 32 bytes each. Errors: the device's, where it is lost or has no memory. */
  async roots(): Promise<Uint8Array[]> {
    const { fault } = scopedCalls(this.kernel.device, () => this.submit());
    const read = this.reader.read(this.nodes, [{ offset: 0, words: this.count * NODE_WORDS }], (words) =>
      Array.from({ length: this.count }, (_, k) => bitsToBytes(words.slice(k * NODE_WORDS, (k + 1) * NODE_WORDS))),
    );
    const [roots = []] = await unlessFault(read, [this.fault, fault]);
    return roots;
  }

  private submit(): void {
    const { device, pipeline } = this.kernel;
    for (const dispatches of this.submissions) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      for (const { group, workgroups } of dispatches) {
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(workgroups);
      }
      pass.end();
      device.queue.submit([encoder.finish()]);
    }
  }

  dispose(): void {
    for (const buffer of [this.nodes, ...this.tables]) buffer.destroy();
    this.reader.dispose();
  }
}

/** As `table` in sha256.wgsl.ts has it. */
function tableOf({ pieceWords, pieces, ranges }: HashPass): Uint32Array<ArrayBuffer> {
  const rows = [[pieceWords, pieces, ranges.length, 0]];
  let first = 0;
  for (const { offset, words, into } of ranges) {
    rows.push([first, offset, words, into]);
    first += Math.ceil(words / pieceWords);
  }
  return Uint32Array.from(rows.flat());
}
