/** Numbers as people read them. */
import { formatEther } from 'viem/utils';

export function tut(wei: bigint): string {
  const value = Number(formatEther(wei));
  return `${value.toLocaleString('en', { maximumFractionDigits: 2 })} TUT`;
}

export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${units[unit]}`;
}

export function count(value: number): string {
  return value.toLocaleString('en', { notation: value >= 1e6 ? 'compact' : 'standard', maximumFractionDigits: 1 });
}

export function percent(share: number): string {
  return `${(share * 100).toLocaleString('en', { maximumFractionDigits: 1 })} %`;
}

/** First and last digits: enough to compare by eye. */
export function short(hash: string): string {
  return `${hash.slice(0, 8)}…${hash.slice(-6)}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
