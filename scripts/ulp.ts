/** `npm run ulp`: the table of docs/NUMERICS.md, how near each defined function is to float64. */
import { functionErrors } from './functionErrors.ts';

for (const { op, low, high, worst, worstAt } of functionErrors(60_000, 7)) {
  process.stdout.write(`| ${op} | ${Number(low.toPrecision(4))} to ${Number(high.toPrecision(4))} | ${worst.toFixed(2)} | ${worstAt.join(', ')} |\n`);
}
