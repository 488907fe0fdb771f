/** Work that two tabs computed differently, and what stands on it. */
import type { JobView } from '#swarm/protocol/jobView.ts';
import { short, tut } from './format.ts';
import { Icon } from './Icon.tsx';

export function Challenges({ view }: { readonly view: JobView }) {
  return (
    <section class="card alarm" aria-labelledby="challenges">
      <h2 id="challenges" class="bad">
        <Icon name="warning" /> Disputed work
      </h2>
      <ul class="plain">
        {view.challenges.map((challenge) => (
          <li key={String(challenge.id)}>
            Round {challenge.round + 1}, {challenge.slot === 65535 ? 'the posted model' : `slot ${challenge.slot + 1}`}: <code>{short(challenge.challenger)}</code> got another
            result and put {tut(challenge.bondWei)} on it.{' '}
            {challenge.phase === 'open'
              ? `The pay is held until ${new Date(challenge.expiresAt * 1000).toLocaleTimeString()}.`
              : 'Nobody decided it in time: everyone got back what they put in.'}
          </li>
        ))}
      </ul>
    </section>
  );
}
