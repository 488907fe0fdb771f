/** Registers of bodies. Operations of a Program run one after another, so all of them use the same few. */
import { type Chunk, newChunk } from './chunk.ts';

export class RegisterPool {
  private readonly made: Chunk[] = [];

  /** Registers for one operation: take and give back while planning; the next operation starts from the first again. */
  plan(): RegisterPlan {
    return new RegisterPlan(this.made);
  }
}

export class RegisterPlan {
  private readonly made: Chunk[];
  private readonly free: Chunk[] = [];
  private next = 0;

  constructor(made: Chunk[]) {
    this.made = made;
  }

  take(): Chunk {
    return this.free.pop() ?? this.takeUnused();
  }

  /** One that no other line of this operation has: for constants, which are written before all lines. */
  takeUnused(): Chunk {
    const register = this.made[this.next] ?? newChunk();
    this.made[this.next++] = register;
    return register;
  }

  giveBack(register: Chunk): void {
    this.free.push(register);
  }
}
