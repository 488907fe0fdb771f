/** Tells whoever waits for a device that it is gone: a lost device leaves promises that never settle, or that reject without saying why. */
import { DeviceLostError } from '#engine/program/executor.ts';

/** How long to wait for word that a failure was the device's loss: Firefox refuses the work before it says so. */
const LOSS_NOTICE_MS = 1000;

export class DeviceWatch {
  private readonly device: GPUDevice;
  private lost: DeviceLostError | null = null;
  /** One reaction to the loss for all: a promise that lives as long as the device would hold on to each that was ever made. */
  private readonly waiting = new Set<(lost: DeviceLostError) => void>();

  constructor(device: GPUDevice) {
    this.device = device;
    void device.lost.then((info) => {
      this.lost = new DeviceLostError(info.message || info.reason || 'no reason given');
      for (const tell of this.waiting) tell(this.lost);
    });
  }

  /** Errors: DeviceLostError. */
  requireAlive(): void {
    if (this.lost) throw this.lost;
  }

  /** Errors: DeviceLostError as soon as the device is gone, and those of the work. */
  untilLost<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.lost) reject(this.lost);
      this.waiting.add(reject);
      work.then(resolve, reject).finally(() => this.waiting.delete(reject));
    });
  }

  /** As `untilLost`, and a failure of the work that came of the loss is told as the loss, even where it was first. */
  async alive<T>(work: Promise<T>): Promise<T> {
    try {
      return await this.untilLost(work);
    } catch (error) {
      if (error instanceof DeviceLostError) throw error;
      await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, LOSS_NOTICE_MS))]);
      this.requireAlive();
      throw error;
    }
  }
}
