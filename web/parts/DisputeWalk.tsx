/** How far a dispute has narrowed: a bar a level, the disputed part of each widening into the next. The words beside it say the same. */
import type { DisputeView, WalkLevel } from '#swarm/protocol/disputeView.ts';
import { count } from './format.ts';

const WIDTH = 1000;
const BAR = 26;
const GAP = 22;
/** Of what is smaller than a hair. */
const LEAST = 8;
/** More parts than this are one bar without divisions. */
const PARTS_SHOWN = 64;

export function DisputeWalk({ view }: { readonly view: DisputeView }) {
  return (
    <ol class="walk">
      {view.walk.map((level, k) => (
        <li key={level.level} class={level.chosen === null ? 'ahead' : ''}>
          <span class="level">{NAMES[level.level]}</span>
          <span class="found">{found(level, view)}</span>
          <Bar level={level} last={k === view.walk.length - 1} />
        </li>
      ))}
    </ol>
  );
}

const NAMES: Readonly<Record<WalkLevel['level'], string>> = {
  segment: 'Between two checkpoints',
  step: 'Step',
  operation: 'Operation',
  input: 'Input',
  element: 'Element',
  position: 'Position in the sum',
};

function found({ level, count: all, chosen }: WalkLevel, { operation }: DisputeView): string {
  const of = all === null ? '' : ` of ${count(all)}`;
  if (chosen === null) return all === null ? 'not reached' : `one of ${count(all)}, not reached`;
  const number = `${count(chosen + 1)}${of}`;
  if (level === 'segment') return `piece ${number} of the round`;
  if (level === 'step') return `${number} in this piece`;
  if (level === 'operation' && operation) return `${number}: ${operation.label}`;
  if (level === 'element' && operation && operation.shape.length > 1) return `${number}, at ${placeIn(chosen, operation.shape)} of ${operation.shape.join(' × ')}`;
  if (level === 'position' && operation && operation.extents.length > 1) return `${number}, at ${placeIn(chosen, operation.extents)} of ${operation.extents.join(' × ')}`;
  return number;
}

/** Row-major coordinates, counted from 1 as everything that people see. */
function placeIn(flat: number, shape: readonly number[]): string {
  let rest = flat;
  const at = shape.toReversed().map((extent) => {
    const coordinate = rest % extent;
    rest = Math.floor(rest / extent);
    return coordinate + 1;
  });
  return at.toReversed().join(', ');
}

function Bar({ level: { count: all, chosen }, last }: { readonly level: WalkLevel; readonly last: boolean }) {
  const parts = Math.max(1, all ?? 1);
  const width = Math.max(LEAST, WIDTH / parts);
  const left = Math.min(WIDTH - width, ((chosen ?? 0) * WIDTH) / parts);
  const divisions = parts <= PARTS_SHOWN ? Array.from({ length: parts - 1 }, (_, k) => ((k + 1) * WIDTH) / parts) : [];
  return (
    <svg class="narrowing" viewBox={`0 0 ${WIDTH} ${BAR + GAP}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
      <rect class="whole" width={WIDTH} height={BAR} />
      {divisions.map((x) => (
        <path key={x} class="division" d={`M${x} 0V${BAR}`} />
      ))}
      {chosen === null ? null : <rect class="chosen" x={left} width={width} height={BAR} />}
      {chosen === null || last ? null : <path class="fan" d={`M${left} ${BAR}H${left + width}L${WIDTH} ${BAR + GAP}H0Z`} />}
    </svg>
  );
}
