/** What this device is, whether it computes exactly, and how fast. */
import type { DeviceView } from '#web/tab/tabModel.ts';
import { bytes, count } from './format.ts';
import { Icon } from './Icon.tsx';

const TONES = { checking: '', ready: 'good', refused: 'bad', none: 'wait' } as const;

export function DeviceCard({ device }: { readonly device: DeviceView }) {
  const { phase, name, message, checks, macsPerSecond, memoryBytes } = device;
  return (
    <section class="card" aria-labelledby="device">
      <h2 id="device">
        <Icon name="chip" /> {name}
      </h2>
      <p class={TONES[phase]} role="status">
        {message}
      </p>
      {phase === 'checking' ? <progress aria-label="Self-test" /> : null}
      <ul class="plain checks">
        {checks.map((check) => (
          <li key={check.name} class={check.passed ? 'good' : 'bad'}>
            <Icon name={check.passed ? 'check' : 'cross'} />
            <span>
              <strong>{check.passed ? 'passed' : 'failed'}</strong> {check.name}
              <span class="faint">{check.detail}</span>
            </span>
          </li>
        ))}
      </ul>
      {checks.length > 0 ? (
        <p>
          <a href="#/certificate">Certificate: every pipeline's verdict</a>
        </p>
      ) : null}
      {macsPerSecond > 0 ? (
        <dl class="figures small">
          <div>
            <dt>multiply-adds a second, measured here</dt>
            <dd>{count(macsPerSecond)}</dd>
          </div>
          <div>
            <dt>memory it may use</dt>
            <dd>{bytes(memoryBytes)}</dd>
          </div>
        </dl>
      ) : null}
    </section>
  );
}
