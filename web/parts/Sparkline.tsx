/** A loss in the space of a word or two: how it fell, and where it stands. Two points make no curve: then there is none. */

const WIDTH = 200;
const HEIGHT = 44;

export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 3) return null;
  const most = Math.max(...finite);
  const least = Math.min(...finite);
  const x = (k: number) => 3 + ((WIDTH - 8) * k) / (finite.length - 1);
  const y = (value: number) => 5 + (HEIGHT - 10) * (most === least ? 0.5 : (most - value) / (most - least));
  const points = finite.map((value, k) => `${x(k).toFixed(1)} ${y(value).toFixed(1)}`);
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${label} from ${finite[0]?.toFixed(2)} to ${finite.at(-1)?.toFixed(2)}`}>
      <path class="area" d={`M${points.join('L')}L${x(finite.length - 1)} ${HEIGHT}L3 ${HEIGHT}z`} />
      <path class="stroke" d={`M${points.join('L')}`} />
      <circle class="end" cx={x(finite.length - 1)} cy={y(finite.at(-1) ?? 0)} r="3.5" />
    </svg>
  );
}
