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
  useEffect(() => () => void model.current?.then((one) => one.dispose()).catch(() => undefined), []);
  if (!task) return null;
  const attempt = async (work: (model: TrainedModel) => Promise<void>) => {
    failure.value = null;
    try {
      await work(await (model.current ??= tab.trained(job)));
    } catch (error) {
      model.current = null;
      failure.value = messageOf(error);
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
      <div role="status">
        {answer.value && task.kind !== 'text' ? <Answer values={answer.value} classes={task.classes} /> : null}
        {text.value ? (
          <p>
            <code>{text.value}</code>
          </p>
        ) : null}
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
      <p>
        This is <strong>{classes[best]}</strong>, the model says.
      </p>
      <div class="bars">
        {classes.map((name, k) => [
          <span key={`${name}n`}>{name}</span>,
          <meter key={`${name}m`} value={values[k] ?? 0} max={1} aria-label={name} />,
          <span key={`${name}p`} class="faint">
            {percent(values[k] ?? 0)}
          </span>,
        ])}
      </div>
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
