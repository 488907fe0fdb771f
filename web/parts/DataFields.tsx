/** Where a job's data comes from, by what the chosen model learns from. */
import type { DraftForm } from './draftForm.ts';
import { DropZone } from './DropZone.tsx';
import { Field } from './Field.tsx';
import { bytes } from './format.ts';

export interface DataFieldsProps {
  readonly form: DraftForm;
  readonly set: (change: Partial<DraftForm>) => void;
}

/** What was chosen, or the hint: the input itself forgets its files when the page is left. */
const chosen = (files: readonly (File | null)[], hint: string) => {
  const there = files.filter((file) => file !== null);
  const [first] = there;
  if (!first) return hint;
  const size = bytes(there.reduce((sum, file) => sum + file.size, 0));
  return there.length === 1 ? `${first.name}, ${size}` : `${there.length} files, ${size}`;
};

const filesOf = (event: { currentTarget: HTMLInputElement }) => [...(event.currentTarget.files ?? [])];

export function DataFields({ form, set }: DataFieldsProps) {
  if (form.preset === 'mnist-dense' || form.preset === 'mnist-cnn') return null;
  return (
    <fieldset>
      <legend>Data</legend>
      {form.preset === 'own' ? <OwnModel form={form} set={set} /> : <TextFile form={form} set={set} />}
    </fieldset>
  );
}

function TextFile({ form, set }: DataFieldsProps) {
  return (
    <DropZone onFiles={(files) => set({ textFile: files[0] ?? null })}>
      <Field label="Text file" help={chosen([form.textFile], 'drop it here, or choose it; UTF-8')}>
        <input type="file" accept="text/*,.md,.csv,.json" onChange={(event) => set({ textFile: filesOf(event)[0] ?? null })} />
      </Field>
    </DropZone>
  );
}

function OwnModel({ form, set }: DataFieldsProps) {
  const readModel = async (file: File | undefined) => set({ modelFile: file ?? null, topology: file ? await file.text() : '' });
  return (
    <>
      <div class="grid">
        <Field label="model.json" help={chosen([form.modelFile], 'as model.save() of TensorFlow.js writes it')}>
          <input type="file" accept=".json,application/json" onChange={(event) => void readModel(filesOf(event)[0])} />
        </Field>
        <Field label="Or its text" help="pasted; a file takes its place">
          <textarea rows={3} spellcheck={false} value={form.topology} onInput={(event) => set({ modelFile: null, topology: event.currentTarget.value })} />
        </Field>
        <Field label="Weight files" help={chosen(form.weightFiles, 'optional; fresh weights without them')}>
          <input type="file" multiple onChange={(event) => set({ weightFiles: filesOf(event) })} />
        </Field>
        <Field label="Loss">
          <select value={form.loss} onChange={(event) => set({ loss: event.currentTarget.value as DraftForm['loss'] })}>
            <option value="sparseCategoricalCrossentropy">classes: sparse categorical cross-entropy</option>
            <option value="categoricalCrossentropy">classes: categorical cross-entropy</option>
            <option value="binaryCrossentropy">yes or no: binary cross-entropy</option>
            <option value="meanSquaredError">numbers: mean squared error</option>
          </select>
        </Field>
        <Field label="Data">
          <select value={form.ownData} onChange={(event) => set({ ownData: event.currentTarget.value as DraftForm['ownData'] })}>
            <option value="csv">a table (CSV)</option>
            <option value="images">pictures in folders by class, or a zip of them</option>
            <option value="text">a text file</option>
            <option value="mnist">the built-in digits</option>
            <option value="link">a link</option>
          </select>
        </Field>
      </div>
      <OwnData form={form} set={set} />
    </>
  );
}

function OwnData({ form, set }: DataFieldsProps) {
  const target = (
    <Field label="Column to predict">
      <input type="text" value={form.csvTarget} onInput={(event) => set({ csvTarget: event.currentTarget.value })} />
    </Field>
  );
  switch (form.ownData) {
    case 'csv':
      return (
        <DropZone onFiles={(files) => set({ csvFile: files[0] ?? null })}>
          <div class="grid">
            <Field label="CSV file" help={chosen([form.csvFile], 'drop it here, or choose it; the first line names the columns')}>
              <input type="file" accept=".csv,text/csv" onChange={(event) => set({ csvFile: filesOf(event)[0] ?? null })} />
            </Field>
            {target}
          </div>
        </DropZone>
      );
    case 'images':
      return (
        <DropZone onFiles={(files) => set({ imageFiles: files })}>
          <div class="grid">
            <Field label="Zip of pictures" help={chosen(form.imageFiles, 'drop it here, or choose it; one folder a class')}>
              <input type="file" accept=".zip" onChange={(event) => set({ imageFiles: filesOf(event) })} />
            </Field>
            <Field label="Or a folder" help="with a folder in it for each class">
              <input type="file" multiple ref={(input) => input?.setAttribute('webkitdirectory', '')} onChange={(event) => set({ imageFiles: filesOf(event) })} />
            </Field>
          </div>
        </DropZone>
      );
    case 'text':
      return <TextFile form={form} set={set} />;
    case 'link':
      return (
        <div class="grid">
          <Field label="Address" help="https, or a CID">
            <input type="text" value={form.linkAddress} onInput={(event) => set({ linkAddress: event.currentTarget.value })} />
          </Field>
          <Field label="SHA-256 of the bytes" help="a CID has it in itself">
            <input type="text" value={form.linkHash} onInput={(event) => set({ linkHash: event.currentTarget.value })} />
          </Field>
          <Field label="Format">
            <select value={form.linkFormat} onChange={(event) => set({ linkFormat: event.currentTarget.value as DraftForm['linkFormat'] })}>
              <option value="csv">CSV</option>
              <option value="text">text</option>
              <option value="zip">zip of pictures</option>
            </select>
          </Field>
          {form.linkFormat === 'csv' ? target : null}
        </div>
      );
    default:
      return null;
  }
}
