/** One labelled input of a form, with a line that helps. */
import type { ComponentChildren } from 'preact';

export interface FieldProps {
  readonly label: string;
  readonly help?: string;
  readonly children: ComponentChildren;
}

export function Field({ label, help, children }: FieldProps) {
  return (
    <div class="field">
      <label>
        {label}
        {help ? <small>{help}</small> : null}
        {children}
      </label>
    </div>
  );
}

interface NumberProps {
  readonly label: string;
  readonly help?: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number | 'any';
  readonly onChange: (value: number) => void;
}

export function NumberField({ label, help, value, min, max, step = 1, onChange }: NumberProps) {
  return (
    <Field label={label} {...(help ? { help } : {})}>
      <input type="number" value={value} min={min} max={max} step={step} required onInput={(event) => onChange(event.currentTarget.valueAsNumber)} />
    </Field>
  );
}
