/** Tries the trained model: a drawn digit, a text to go on with, a row of a table, a picture. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Task } from '#swarm/protocol/jobSpec.ts';
import type { TabModel, TrainedModel } from '#web/tab/tabModel.ts';
import { DrawDigit } from './DrawDigit.tsx';
import { Field } from './Field.tsx';
import { messageOf, percent } from './format.ts';
import { readPicture } from './readPicture.ts';

interface TryItProps {
  readonly tab: TabModel;
  readonly job: bigint;
  readonly task: Task | null;
}

export function TryIt({ tab, job, task }: TryItProps) {
  const model = useRef<Promise<TrainedModel> | null>(null);
  const failure = useSignal<string | null>(null);
  const answer = useSignal<Float32Array | null>(null);
  const text = useSignal('');
  const busy = useSignal(false);
  useEffect(() => () => void model.current?.then((one) => one.dispose()).catch(() => undefined), []);
  if (!task) return null;
  const attempt = async (work: (model: TrainedModel) => Promise<void>) => {
    failure.value = null;
    busy.value = true;
    try {
      await work(await (model.current ??= tab.trained(job)));
    } catch (error) {
      model.current = null;
      failure.value = messageOf(error);
    } finally {
      busy.value = false;
    }
  };
  const classify = (features: Float32Array) =>
    void attempt(async (one) => {
      answer.value = await one.classify(features);
    });
  const continueText = (prompt: string) =>
    void attempt(async (one) => {
      text.value = prompt;
      await one.continueText(prompt, 200, (piece) => (text.value += piece));
    });
  return (
    <section aria-labelledby="try">
      <h3 id="try">Try it</h3>
      <div class="try">
        <div>
          {task.kind === 'digits' ? <DrawDigit onDigit={classify} /> : null}
          {task.kind === 'text' ? <Prompt onPrompt={continueText} /> : null}
          {task.kind === 'table' ? <Row features={task.features} onRow={classify} /> : null}
          {task.kind === 'images' ? (
            <Field label="A picture">
              <input
                type="file"
                accept="image/*"
                onChange={(event) => {
                  const file = event.currentTarget.files?.[0];
                  if (file) void readPicture(file, task).then(classify, (error: unknown) => (failure.value = messageOf(error)));
                }}
              />
            </Field>
          ) : null}
        </div>
        <div class="answer">
          {busy.value ? (
            <p class="faint" role="status">
              Thinking…
            </p>
          ) : null}
          {answer.value && task.kind !== 'text' ? <Answer values={answer.value} classes={task.classes} /> : null}
          {text.value ? (
            <p class="continued" aria-live="polite">
              {text.value}
            </p>
          ) : null}
        </div>
      </div>
      {failure.value ? (
        <p class="bad" role="alert">
          {failure.value}
        </p>
      ) : null}
    </section>
  );
}

function Answer({ values, classes }: { readonly values: Float32Array; readonly classes: readonly string[] }) {
  if (classes.length === 0)
    return (
      <p>
        Predicted: <strong>{values[0]?.toPrecision(5)}</strong>
      </p>
    );
  const best = values.reduce((at, value, k) => (value > (values[at] ?? 0) ? k : at), 0);
  return (
    <>
      <p class="said" role="status">
        This is <strong>{classes[best]}</strong>, the model says.
      </p>
      <ul class="bars">
        {classes.map((name, k) => (
          <li key={name} class={k === best ? 'best' : ''}>
            <span class="name">{name}</span>
            <span class="track">
              <span class="filled" style={{ width: `${(100 * (values[k] ?? 0)).toFixed(1)}%` }} />
            </span>
            <span class="value">{percent(values[k] ?? 0)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Prompt({ onPrompt }: { readonly onPrompt: (prompt: string) => void }) {
  const prompt = useSignal('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onPrompt(prompt.value);
      }}
    >
      <Field label="Beginning of a text">
        <input type="text" value={prompt.value} onInput={(event) => (prompt.value = event.currentTarget.value)} />
      </Field>
      <button type="submit">Go on with it</button>
    </form>
  );
}

function Row({ features, onRow }: { readonly features: readonly string[]; readonly onRow: (row: Float32Array) => void }) {
  const values = useSignal<readonly string[]>(features.map(() => '0'));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onRow(Float32Array.from(values.value, Number));
      }}
    >
      <div class="grid">
        {features.map((name, k) => (
          <Field key={name} label={name}>
            <input
              type="number"
              step="any"
              value={values.value[k]}
              onInput={(event) => (values.value = values.value.map((value, at) => (at === k ? event.currentTarget.value : value)))}
            />
          </Field>
        ))}
      </div>
      <button type="submit">Predict</button>
    </form>
  );
}
