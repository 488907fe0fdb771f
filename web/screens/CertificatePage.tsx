/** What a device's tests of exactness came to, pipeline by pipeline: this tab's own, or the one in a link. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Certificate, encodeCertificate, type PipelineResult } from '#swarm/protocol/certificate.ts';
import type { DeviceView, TabModel } from '#web/tab/tabModel.ts';
import { certificateLink, readCertificate } from '../parts/certificateLink.ts';
import { count, messageOf } from '../parts/format.ts';
import { Icon } from '../parts/Icon.tsx';
import { saveFile } from '../parts/saveFile.ts';

const VERDICTS = {
  exact: ['good', 'It computes exactly: every test agreed with the reference to the last bit.'],
  refused: ['bad', 'It does not compute exactly, so it is given no work.'],
  none: ['wait', 'No graphics processor was tested.'],
} as const;

/** `text`: of a link; empty for this tab's own. */
export function CertificatePage({ tab, text }: { readonly tab: TabModel; readonly text: string }) {
  const given = useSignal<Certificate | null>(null);
  const failure = useSignal<string | null>(null);
  useEffect(() => {
    if (text === '') return;
    readCertificate(text).then(
      (it) => (given.value = it),
      (error: unknown) => (failure.value = messageOf(error)),
    );
  }, [text]);
  const shown = text === '' ? certificateOf(tab.device.value) : given.value;
  return (
    <>
      <h1>Certificate</h1>
      {text === '' ? (
        <p class="lead">What this device was tested for. Each job that it trains adds its own pipelines, tried with the job's own state and data.</p>
      ) : (
        <p class="lead">
          What somebody's tab says about its device: a claim, not a proof. <a href="#/certificate">See what this device gives.</a>
        </p>
      )}
      {failure.value ? (
        <p class="bad" role="alert">
          {failure.value}
        </p>
      ) : null}
      {shown ? <Shown certificate={shown} own={text === ''} /> : null}
    </>
  );
}

function certificateOf({ phase, name, checks, jobTests }: DeviceView): Certificate {
  const jobs = jobTests.map(({ operations, pipelines }) => ({ operations, pipelines: pipelines.map((pipeline) => ({ ...pipeline, first: pipeline.first ?? '' })) }));
  const wrong = phase === 'refused' || jobs.some(({ pipelines }) => pipelines.some(({ different }) => different > 0));
  return {
    time: Math.floor(Date.now() / 1000),
    device: name,
    browser: navigator.userAgent.slice(0, 500),
    verdict: wrong ? 'refused' : phase === 'ready' ? 'exact' : 'none',
    checks,
    jobs,
  };
}

function Shown({ certificate, own }: { readonly certificate: Certificate; readonly own: boolean }) {
  const { time, device, browser, verdict, checks, jobs } = certificate;
  const [tone, words] = VERDICTS[verdict];
  return (
    <>
      <section class="card" aria-labelledby="certified">
        <h2 id="certified">
          <Icon name="chip" /> {device}
        </h2>
        <p class={tone}>{words}</p>
        <p class="faint">
          {browser}, {new Date(time * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC
        </p>
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
        {own ? <Share certificate={certificate} /> : null}
      </section>
      {jobs.map((job, k) => (
        <Job key={k} operations={job.operations} pipelines={job.pipelines} />
      ))}
    </>
  );
}

function Share({ certificate }: { readonly certificate: Certificate }) {
  const said = useSignal('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(await certificateLink(certificate));
      said.value = 'The link is copied. It holds the whole certificate.';
    } catch (error) {
      said.value = messageOf(error);
    }
  };
  return (
    <>
      <p class="row">
        <button type="button" class="main" onClick={() => void copy()}>
          Copy link
        </button>
        <button type="button" onClick={() => saveFile('tutti-certificate.json', encodeCertificate(certificate))}>
          <Icon name="down" /> Save as JSON
        </button>
      </p>
      <p role="status">{said.value}</p>
    </>
  );
}

function Job({ operations, pipelines }: { readonly operations: number; readonly pipelines: readonly PipelineResult[] }) {
  const wrong = pipelines.filter(({ different }) => different > 0).length;
  const careful = pipelines.filter(({ guarded }) => guarded).length;
  return (
    <section class="card">
      <h2>A job of {count(operations)} operations</h2>
      <p class={wrong ? 'bad' : 'good'}>{wrong ? `${wrong} of its ${pipelines.length} pipelines differ.` : `All of its ${pipelines.length} pipelines agree.`}</p>
      {careful ? (
        <p>
          In {careful} of them the careful variant {wrong ? 'was tried' : 'is used here'}: it keeps every sum in its order and may be slower. The fast variant differed on this
          device.
        </p>
      ) : null}
      <div class="scroll" tabIndex={0} role="region" aria-label="Pipelines">
        <table>
          <thead>
            <tr>
              <th scope="col">pipeline of</th>
              <th scope="col">numbers compared</th>
              <th scope="col">variant</th>
              <th scope="col">verdict</th>
            </tr>
          </thead>
          <tbody>
            {pipelines.map(({ label, values, different, first, guarded }, k) => (
              <tr key={k}>
                <td>{label}</td>
                <td>{count(values)}</td>
                <td>{guarded ? 'careful' : 'usual'}</td>
                <td class={different ? 'bad' : 'good'}>{different ? `${count(different)} differ: ${first}` : values ? 'equal' : 'judged by what is made of it'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
