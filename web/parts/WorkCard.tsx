/** What this tab does for one job just now. */
import { useEffect, useRef } from 'preact/hooks';
import type { WorkView } from '#web/tab/tabModel.ts';
import { Sparkline } from './Sparkline.tsx';

/** Losses drawn, newest last. */
const LOSSES_KEPT = 80;

export function WorkCard({ view, title }: { readonly view: WorkView; readonly title: string | undefined }) {
  const { job, phase, message, slot, round, step, stepsPerRound, stepMs, progress, loss, failure } = view;
  const training = phase === 'training' && stepsPerRound > 0;
  const losses = useRef<number[]>([]);
  useEffect(() => {
    if (loss !== null) losses.current = [...losses.current, loss].slice(-LOSSES_KEPT);
  }, [loss, step]);
  return (
    <section class="card" aria-label={`Job ${job}`}>
      <h3>
        <a href={`#/job/${job}`}>{title ?? `Job ${job}`}</a>
      </h3>
      <p>
        <span class={`chip ${phase}`}>{phase}</span>
      </p>
      <p role="status">
        {message}
        {slot === null ? '' : ` (slot ${slot + 1})`}
      </p>
      {training ? (
        <label class="faint">
          Round {round + 1}: step {step} of {stepsPerRound}
          <progress value={step} max={stepsPerRound} />
        </label>
      ) : null}
      {progress ? (
        <label class="faint">
          {progress.done} of {progress.total} {progress.unit}
          <progress value={progress.done} max={Math.max(1, progress.total)} />
        </label>
      ) : null}
      {training ? <Sparkline values={losses.current} label="Loss" /> : null}
      {loss !== null || stepMs > 0 ? (
        <dl class="figures small">
          {loss === null ? null : (
            <div>
              <dt>loss</dt>
              <dd>{loss.toFixed(4)}</dd>
            </div>
          )}
          {stepMs > 0 ? (
            <div>
              <dt>a step</dt>
              <dd>{stepMs.toFixed(0)} ms</dd>
            </div>
          ) : null}
        </dl>
      ) : null}
      {failure ? <p class="bad">{failure}</p> : null}
    </section>
  );
}
