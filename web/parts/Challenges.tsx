/** Work that two tabs computed differently, and what stands on it. */
import { GLOBAL_SLOT } from '#swarm/protocol/limits.ts';
import type { ChallengeView, JobView } from '#swarm/protocol/jobView.ts';
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
            Round {challenge.round + 1}, {challenge.slot === GLOBAL_SLOT ? 'the posted model' : `slot ${challenge.slot + 1}`}: <code>{short(challenge.challenger)}</code> got
            another result and put {tut(challenge.bondWei)} on it. {outcomeOf(challenge)}{' '}
            {challenge.play ? <a href={`#/dispute/${challenge.play.game}`}>See dispute {String(challenge.play.game)}</a> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

const timeOf = (seconds: number) => new Date(seconds * 1000).toLocaleTimeString();

function outcomeOf({ phase, play, stale, expiresAt, defender, challenger, slot }: ChallengeView): string {
  switch (phase) {
    case 'open':
      if (stale) return 'The work is gone already: everyone gets back what they put in.';
      if (!play) return `The pay is held. It is to be proven before ${timeOf(expiresAt)}.`;
      if (play.winner) return 'The court has ruled; the consequences follow.';
      return `The pay is held while the court narrows it down: ${short(play.turn === 'defender' ? defender : challenger)} is to move until ${timeOf(play.until)}.`;
    case 'solverWrong':
      if (slot === GLOBAL_SLOT) return `The posted model was proven wrong: ${short(defender)} lost its bond, and another is posted.`;
      return `The work was proven wrong: ${short(defender)} lost its stake, and the slot was trained again.`;
    case 'challengerWrong':
      return `The accusation was wrong or never proven: its bond went to ${short(defender)}.`;
    case 'moot':
      return 'It became moot: everyone got back what they put in.';
  }
}
