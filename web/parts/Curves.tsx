/** Loss and accuracy by round: a picture, and the same as a table. */
import { useRef } from 'preact/hooks';
import type { CurvePoint } from '#web/tab/tabModel.ts';
import { percent } from './format.ts';
import { useWidth } from './useWidth.ts';

/** Drawn in CSS pixels: as wide as its card. */
const FIRST_WIDTH = 640;
const HEIGHT = 250;
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 48, 14, 30];
const SHARES = [0, 0.25, 0.5, 0.75, 1];

export interface CurvesProps {
  readonly curve: readonly CurvePoint[];
  readonly tests: readonly { readonly round: number; readonly accuracy: number }[];
  /** Rounds of the whole job: the picture is that wide from the start. */
  readonly rounds: number;
}

type Point = readonly [x: number, y: number];

const line = (points: readonly Point[]) => points.map(([x, y], k) => `${k === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(' ');

/** The least of 1, 2, 2.5 and 5 times a power of ten that is not under `value`. */
function roundUp(value: number): number {
  let unit = 1e-6;
  while (unit * 10 < value) unit *= 10;
  return [1, 2, 2.5, 5, 10].map((times) => times * unit).find((bound) => bound >= value) ?? value;
}

export function Curves({ curve, tests, rounds }: CurvesProps) {
  const figure = useRef<HTMLElement>(null);
  return (
    <figure ref={figure}>
      <Picture curve={curve} tests={tests} rounds={rounds} width={useWidth(figure, FIRST_WIDTH)} />
    </figure>
  );
}

function Picture({ curve, tests, rounds, width }: CurvesProps & { readonly width: number }) {
  const losses = curve.filter(({ loss }) => Number.isFinite(loss));
  if (losses.length === 0) return <p class="faint">The curve begins with the first finished round.</p>;
  const most = roundUp(Math.max(...losses.map(({ loss }) => loss), 1e-6));
  const x = (round: number) => LEFT + ((width - LEFT - RIGHT) * round) / Math.max(1, rounds);
  const y = (share: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - share);
  const first = losses[0]?.loss ?? 0;
  const last = losses.at(-1)?.loss ?? 0;
  const best = tests.at(-1);
  const label = `Loss went from ${first.toFixed(3)} to ${last.toFixed(3)} in ${losses.length} ${losses.length === 1 ? 'round' : 'rounds'}${best ? `; test accuracy is ${percent(best.accuracy)}` : ''}`;
  const stride = Math.ceil(rounds / Math.max(2, Math.floor(width / 50)));
  const lossPoints = losses.map(({ round, loss }): Point => [x(round + 1), y(loss / most)]);
  const testPoints = tests.map(({ round, accuracy }): Point => [x(round), y(accuracy)]);
  const trainPoints = curve.flatMap(({ round, accuracy }): Point[] => (accuracy === null ? [] : [[x(round + 1), y(accuracy)]]));
  return (
    <>
      <svg class="chart" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
        {SHARES.map((share) => (
          <g key={share}>
            <line class="axis" x1={LEFT} y1={y(share)} x2={width - RIGHT} y2={y(share)} />
            <text x={LEFT - 8} y={y(share) + 4} text-anchor="end">
              {Number((share * most).toPrecision(3))}
            </text>
            <text x={width - RIGHT + 8} y={y(share) + 4}>
              {share * 100} %
            </text>
          </g>
        ))}
        {Array.from({ length: rounds }, (_, k) => k + 1)
          .filter((round) => round % stride === 0)
          .map((round) => (
            <text key={round} x={x(round)} y={HEIGHT - 8} text-anchor="middle">
              {round}
            </text>
          ))}
        <text x={LEFT - 8} y={HEIGHT - 8} text-anchor="end">
          round
        </text>
        <path class="training" d={line(trainPoints)} />
        <path class="accuracy" d={line(testPoints)} />
        <path class="loss" d={line(lossPoints)} />
        {lossPoints.map(([cx, cy]) => (
          <circle key={cx} class="loss-point" cx={cx} cy={cy} r="4" />
        ))}
        {testPoints.map(([cx, cy]) => (
          <rect key={cx} class="accuracy-point" x={cx - 4} y={cy - 4} width="8" height="8" />
        ))}
      </svg>
      <figcaption>
        <ul class="legend">
          <li>
            <Swatch kind="loss" /> loss, left scale
          </li>
          {testPoints.length ? (
            <li>
              <Swatch kind="accuracy" /> accuracy on rows kept apart, right scale
            </li>
          ) : null}
          {trainPoints.length ? (
            <li>
              <Swatch kind="training" /> accuracy in training
            </li>
          ) : null}
        </ul>
      </figcaption>
      <details>
        <summary>The same as a table</summary>
        <CurveTable curve={curve} tests={tests} />
      </details>
    </>
  );
}

function Swatch({ kind }: { readonly kind: string }) {
  return (
    <svg class="swatch chart" viewBox="0 0 28 10" aria-hidden="true">
      <path class={kind} d="M0 5H28" />
    </svg>
  );
}

function CurveTable({ curve, tests }: Omit<CurvesProps, 'rounds'>) {
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Round</th>
            <th scope="col">Loss</th>
            <th scope="col">Training accuracy</th>
            <th scope="col">Test accuracy</th>
          </tr>
        </thead>
        <tbody>
          {curve.map(({ round, loss, accuracy }) => {
            const test = tests.find((one) => one.round === round + 1);
            return (
              <tr key={round}>
                <td>{round + 1}</td>
                <td>{loss.toFixed(4)}</td>
                <td>{accuracy === null ? '–' : percent(accuracy)}</td>
                <td>{test ? percent(test.accuracy) : '–'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
