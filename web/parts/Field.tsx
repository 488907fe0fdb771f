/** One labelled input of a form, with a line that helps or says what is wrong. */
import { cloneElement, type VNode } from 'preact';
import { useId } from 'preact/hooks';

export interface FieldProps {
  readonly label: string;
  readonly help?: string | undefined;
  /** What is wrong with the value, in words; takes the place of the help. */
  readonly fault?: string | undefined;
  /** The input, select or textarea itself. */
  readonly children: VNode<{ id?: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }>;
}

export function Field({ label, help, fault, children }: FieldProps) {
  const id = useId();
  const words = fault ?? help;
  return (
    <div class="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, { id, ...(words ? { 'aria-describedby': `${id}-words` } : {}), ...(fault ? { 'aria-invalid': true } : {}) })}
      {words ? (
        <small id={`${id}-words`} class={fault ? 'bad' : ''}>
          {words}
        </small>
      ) : null}
    </div>
  );
}

interface NumberProps {
  readonly label: string;
  readonly help?: string;
  readonly fault?: string | undefined;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number | 'any';
  readonly onChange: (value: number) => void;
}

export function NumberField({ label, help, fault, value, min, max, step = 1, onChange }: NumberProps) {
  const out = Number.isFinite(value) && (value < min || value > max) ? `between ${min} and ${max.toLocaleString('en')}` : undefined;
  return (
    <Field label={label} help={help} fault={fault ?? out}>
      <input
        type="number"
        inputMode="decimal"
        value={Number.isFinite(value) ? value : ''}
        min={min}
        max={max}
        step={step}
        required
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </Field>
  );
}
