/** A step as several submissions, so that each is short: other work of the machine, its screen too, gets its turn between them. */

/** What one submission should take. */
export const SUBMISSION_MS = 50;
/** Points of iteration space that even a slow device does in about that time: a first guess, before anything is measured. */
const POINTS_AT_FIRST = 2 ** 23;

/** How many submissions a step of such a cost (in points) should be before its time is known. */
export function firstCuts(costs: readonly number[]): number {
  return cutsFor(costs.reduce((sum, cost) => sum + cost, 0) / POINTS_AT_FIRST, costs.length);
}

/** How many submissions a step that takes `stepMs` should be. */
export function cutsFromTime(stepMs: number, kernels: number): number {
  return cutsFor(stepMs / SUBMISSION_MS, kernels);
}

const cutsFor = (wanted: number, kernels: number) => Math.max(1, Math.min(kernels, Math.ceil(wanted)));

/** Kernels 0 .. costs.length - 1 in `parts` stretches of about the same cost: where each stretch ends. */
export function cutSubmissions(costs: readonly number[], parts: number): number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const ends: number[] = [];
  let done = 0;
  costs.forEach((cost, k) => {
    done += cost;
    if (done * parts >= total * (ends.length + 1) && ends.length + 1 < parts && k + 1 < costs.length) ends.push(k + 1);
  });
  return [...ends, costs.length];
}
