/** What became of one slot in one round, told by shape as well as by colour. */
import type { SlotRoundPhase } from '#swarm/protocol/jobView.ts';

export const PHASE_WORDS: Readonly<Record<SlotRoundPhase, string>> = {
  open: 'open',
  committed: 'work committed',
  waiting: 'counted, waiting',
  drawn: 'being checked',
  paid: 'paid',
  missed: 'missed',
  held: 'disputed, pay held',
  unpaid: 'not paid',
};

/** On a square of 32: a ring, a half, a disc, a diamond, a ticked square, a cross, a triangle, a barred square. */
const SHAPES: Readonly<Record<SlotRoundPhase, { readonly fill: string; readonly line: string }>> = {
  open: { fill: '', line: 'M16 7a9 9 0 1 1 0 18 9 9 0 0 1 0-18z' },
  committed: { fill: 'M16 7a9 9 0 0 0 0 18z', line: 'M16 7a9 9 0 1 1 0 18 9 9 0 0 1 0-18z' },
  waiting: { fill: 'M16 7a9 9 0 1 1 0 18 9 9 0 0 1 0-18z', line: '' },
  drawn: { fill: 'M16 3l13 13-13 13L3 16z', line: '' },
  paid: { fill: 'M8 4h16a4 4 0 0 1 4 4v16a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z', line: '' },
  missed: { fill: '', line: 'M9 9l14 14M23 9L9 23' },
  held: { fill: 'M16 3l14 25H2z', line: '' },
  unpaid: { fill: 'M8 4h16a4 4 0 0 1 4 4v16a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z', line: '' },
};
const SIGNS: Partial<Record<SlotRoundPhase, string>> = {
  drawn: 'M14.5 11.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM17.2 17.2l3.3 3.3',
  paid: 'M10 16.5l4.5 4.5L22.5 12',
  held: 'M16 13v7M16 23.5v.5',
  unpaid: 'M10 16h12',
};

export function PhaseMark({ phase, checked = false }: { readonly phase: SlotRoundPhase; readonly checked?: boolean }) {
  const { fill, line } = SHAPES[phase];
  const sign = SIGNS[phase];
  return (
    <svg class={`mark ${phase}`} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      {fill ? <path class="fill" d={fill} /> : null}
      {line ? <path class="line" d={line} /> : null}
      {sign ? <path class="sign" d={sign} /> : null}
      {checked ? <circle class="checked" cx="27" cy="5" r="4.5" /> : null}
    </svg>
  );
}
