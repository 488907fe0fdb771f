/** Slots by rounds: a shape and a colour for what became of each; a link to its receipt. */
import type { JobView, SlotRoundPhase, SlotRoundView } from '#swarm/protocol/jobView.ts';
import { PHASE_WORDS, PhaseMark } from './PhaseMark.tsx';

export function receiptLink(view: JobView, { round, slot, audit }: SlotRoundView): string {
  return `#/receipt/${view.id}/${round}/${slot}/${audit?.segment ?? view.terms.segments - 1}`;
}

export function SlotMap({ view }: { readonly view: JobView }) {
  const { slots, rounds } = view.terms;
  // Rounds to come are drawn too while they fit, so that the map shows how far the job is.
  const shown = Math.max(view.rounds.length, Math.min(rounds, 24));
  return (
    <>
      {view.rounds.length === 0 ? <p class="faint">The first round begins when the slots are taken.</p> : null}
      <div class="scroll" tabIndex={0} role="region" aria-label="Map of slots and rounds">
        <table class="map">
          <thead>
            <tr>
              <th scope="col">Slot</th>
              {Array.from({ length: shown }, (_, round) => (
                <th key={round} scope="col" class={round === view.round && view.phase === 'running' ? 'now' : ''}>
                  {round + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: slots }, (_, slot) => (
              <tr key={slot}>
                <th scope="row">{slot + 1}</th>
                {Array.from({ length: shown }, (_, round) => (
                  <td key={round}>
                    <Cell view={view} slot={view.rounds[round]?.slots[slot]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul class="legend" aria-label="What the shapes mean">
        {(Object.keys(PHASE_WORDS) as SlotRoundPhase[]).map((phase) => (
          <li key={phase}>
            <PhaseMark phase={phase} /> {PHASE_WORDS[phase]}
          </li>
        ))}
        <li>
          <PhaseMark phase="paid" checked /> with a dot: run again, every bit the same
        </li>
      </ul>
    </>
  );
}

function Cell({ view, slot }: { readonly view: JobView; readonly slot: SlotRoundView | undefined }) {
  if (!slot) return <span class="cell later" />;
  const checked = slot.audit?.phase === 'matched';
  const label = `Round ${slot.round + 1}, slot ${slot.slot + 1}${checked ? ', run again and the same' : ''}: ${PHASE_WORDS[slot.phase]}`;
  const mark = <PhaseMark phase={slot.phase} checked={checked} />;
  if (!slot.commitment)
    return (
      <span class="cell" role="img" aria-label={label} title={label}>
        {mark}
      </span>
    );
  return (
    <a class="cell" href={receiptLink(view, slot)} aria-label={`${label}. Receipt`} title={label}>
      {mark}
    </a>
  );
}
