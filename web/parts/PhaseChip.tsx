/** Where a job stands, in two words. */
import type { JobView } from '#swarm/protocol/jobView.ts';

const WORDS = { recruiting: 'looking for tabs', running: 'running', finished: 'finished', cancelled: 'cancelled' } as const;

export function PhaseChip({ view }: { readonly view: JobView }) {
  const disputed = view.challenges.some(({ phase }) => phase === 'open');
  return (
    <>
      <span class={`chip ${view.phase}`}>{WORDS[view.phase]}</span>
      {disputed ? <span class="chip disputed">disputed</span> : null}
    </>
  );
}
