/** Loss and accuracy by round: a picture, and the same as a table. */
import type { CurvePoint } from '#web/tab/tabModel.ts';
import { percent } from './format.ts';

const WIDTH = 640;
const HEIGHT = 220;
const MARGIN = 36;

export interface CurvesProps {
  readonly curve: readonly CurvePoint[];
  readonly tests: readonly { readonly round: number; readonly accuracy: number }[];
}

function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(' ');
}

export function Curves({ curve, tests }: CurvesProps) {
  if (curve.length === 0) return <p class="faint">The curve begins with the first finished round.</p>;
  const rounds = Math.max(1, ...curve.map(({ round }) => round + 1), ...tests.map(({ round }) => round));
  const most = Math.max(...curve.map(({ loss }) => loss)) || 1;
  const x = (round: number) => MARGIN + ((WIDTH - 2 * MARGIN) * round) / rounds;
  const y = (share: number) => HEIGHT - MARGIN / 1.5 - (HEIGHT - MARGIN * 1.5) * share;
  const last = curve.at(-1);
  const label = `Loss fell from ${curve[0]?.loss.toFixed(3)} to ${last?.loss.toFixed(3)} over ${curve.length} rounds`;
  return (
    <figure>
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <line class="axis" x1={MARGIN} y1={y(0)} x2={WIDTH - MARGIN} y2={y(0)} />
        <line class="axis" x1={MARGIN} y1={y(1)} x2={MARGIN} y2={y(0)} />
        <path class="loss" d={path(curve.map(({ round, loss }) => [x(round + 1), y(loss / most)]))} />
        <path class="accuracy" d={path(tests.map(({ round, accuracy }) => [x(round), y(accuracy)]))} />
        {curve.map(({ round, loss }) => (
          <circle key={round} cx={x(round + 1)} cy={y(loss / most)} r="4" fill="var(--accent)" />
        ))}
        {tests.map(({ round, accuracy }) => (
          <circle key={round} cx={x(round)} cy={y(accuracy)} r="4" fill="var(--wait)" />
        ))}
        <text x={MARGIN} y="14">
          loss (line), up to {most.toFixed(2)}; test accuracy (dashed), up to 100 %
        </text>
        <text x={WIDTH - MARGIN} y={HEIGHT - 4} text-anchor="end">
          round {rounds}
        </text>
      </svg>
      <details>
        <summary>The same as a table</summary>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>Round</th>
                <th>Loss</th>
                <th>Training accuracy</th>
                <th>Test accuracy</th>
              </tr>
            </thead>
            <tbody>
              {curve.map(({ round, loss, accuracy }) => {
                const test = tests.find((one) => one.round === round + 1);
                return (
                  <tr key={round}>
                    <td>{round + 1}</td>
                    <td>{loss.toFixed(4)}</td>
                    <td>{accuracy === null ? '' : percent(accuracy)}</td>
                    <td>{test ? percent(test.accuracy) : ''}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
