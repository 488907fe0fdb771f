/** Slots by rounds: a letter and a colour for what became of each; a link to its receipt. */
import type { JobView, SlotRoundView } from '#swarm/protocol/jobView.ts';

const SIGNS: Readonly<Record<SlotRoundView['phase'], readonly [sign: string, words: string]>> = {
  open: ['·', 'open'],
  committed: ['C', 'work committed'],
  missed: ['×', 'missed'],
  waiting: ['W', 'counted, waiting'],
  drawn: ['A', 'being checked'],
  held: ['!', 'disputed, pay held'],
  paid: ['✓', 'paid'],
  unpaid: ['–', 'not paid'],
};

export function receiptLink(view: JobView, { round, slot, audit }: SlotRoundView): string {
  return `#/receipt/${view.id}/${round}/${slot}/${audit?.segment ?? view.terms.segments - 1}`;
}

export function SlotMap({ view }: { readonly view: JobView }) {
  if (view.rounds.length === 0) return <p class="faint">The first round begins when the slots are taken.</p>;
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Map of slots and rounds">
        <table class="map">
          <thead>
            <tr>
              <th scope="col">Slot</th>
              {view.rounds.map(({ round }) => (
                <th key={round} scope="col">
                  {round + 1}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: view.terms.slots }, (_, slot) => (
              <tr key={slot}>
                <th scope="row">{slot + 1}</th>
                {view.rounds.map((round) => (
                  <td key={round.round}>
                    <Cell view={view} slot={round.slots[slot]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="faint">
        {Object.values(SIGNS)
          .map(([sign, words]) => `${sign} ${words}`)
          .join('   ')}
      </p>
    </>
  );
}

function Cell({ view, slot }: { readonly view: JobView; readonly slot: SlotRoundView | undefined }) {
  if (!slot) return null;
  const [sign, words] = SIGNS[slot.phase];
  const label = `Round ${slot.round + 1}, slot ${slot.slot + 1}: ${words}`;
  if (!slot.commitment)
    return (
      <span class={`cell ${slot.phase}`} role="img" aria-label={label} title={label}>
        {sign}
      </span>
    );
  return (
    <a class={`cell ${slot.phase}`} href={receiptLink(view, slot)} aria-label={`${label}. Receipt`} title={label}>
      {sign}
    </a>
  );
}
