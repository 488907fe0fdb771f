/** Roots (SPEC H3) of tensors that lie in a buffer of the device, made there: of each tensor 32 bytes are read back. */
import { bitsToBytes } from '#engine/program/bitsToBytes.ts';
import { COPY_DST, COPY_SRC, STORAGE, UNIFORM } from './bufferUsage.ts';
import { type HashPass, NODE_WORDS, planHash } from './planHash.ts';
import { HASH_WORKGROUP, ROUND_CONSTANTS, SHA256_WGSL } from './sha256.wgsl.ts';
import { type Stretch, WordReader } from './wordReader.ts';

/** What all hashers of a device share. */
export interface HashKernel {
  readonly device: GPUDevice;
  readonly pipeline: GPUComputePipeline;
  readonly constants: GPUBuffer;
}

/** Errors: GPUPipelineError. */
export async function compileHash(device: GPUDevice): Promise<HashKernel> {
  const module = device.createShaderModule({ code: SHA256_WGSL });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const constants = device.createBuffer({ size: ROUND_CONSTANTS.byteLength, usage: UNIFORM | COPY_DST });
  device.queue.writeBuffer(constants, 0, ROUND_CONSTANTS);
  return { device, pipeline, constants };
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
  private readonly submissions: Dispatch[][] = [];

  /** The tensors are `stretches` of `tensors`. `mostBlocks`: SHA-256 blocks that one submission may be. */
  constructor(kernel: HashKernel, tensors: GPUBuffer, stretches: readonly Stretch[], mostBlocks: number) {
    const { device } = kernel;
    this.kernel = kernel;
    this.reader = new WordReader(device);
    this.count = stretches.length;
    const { passes, nodes } = planHash(stretches, mostBlocks);
    this.nodes = device.createBuffer({ size: Math.max(1, nodes) * NODE_WORDS * 4, usage: STORAGE | COPY_SRC });
    this.blocks = passes.reduce((sum, { blocks }) => sum + blocks, 0);
    let room = 0;
    for (const pass of passes) {
      if (pass.blocks > room) {
        this.submissions.push([]);
        room = mostBlocks;
      }
      room -= pass.blocks;
      this.submissions.at(-1)?.push(this.prepare(pass, tensors));
    }
  }

  private prepare(pass: HashPass, tensors: GPUBuffer): Dispatch {
    const { device, pipeline, constants } = this.kernel;
    const words = tableOf(pass);
    const table = device.createBuffer({ size: words.byteLength, usage: STORAGE | COPY_DST });
    device.queue.writeBuffer(table, 0, words);
    this.tables.push(table);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [tensors, this.nodes, table, constants].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { group, workgroups: Math.ceil(pass.pieces / HASH_WORKGROUP) };
  }

  /** Of what the tensors are once all work submitted so far is done; 32 bytes each. Errors: the device's, where it is lost. */
  async roots(): Promise<Uint8Array[]> {
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
    const [roots = []] = await this.reader.read(this.nodes, [{ offset: 0, words: this.count * NODE_WORDS }], (words) =>
      Array.from({ length: this.count }, (_, k) => bitsToBytes(words.slice(k * NODE_WORDS, (k + 1) * NODE_WORDS))),
    );
    return roots;
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
