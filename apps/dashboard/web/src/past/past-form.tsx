import { useState, type ReactNode, type SyntheticEvent } from 'react';
import { address, adjustAddress } from '../address/current-address.ts';
import { useCell } from '../store/use-cell.ts';
import { RangeFields } from './range-fields.tsx';
import { fromRoot } from '../address/root.ts';

const outcomes = [
  ['any', 'any end'],
  ['ok', 'went well'],
  ['failed', 'failed'],
  ['killed', 'killed'],
  ['running', 'still running'],
] as const;

/** A field that narrows the past: its key in the address and its name. */
export interface PastField {
  readonly key: 'user' | 'branch' | 'q';
  readonly name: string;
}

const kinds = [
  ['', 'all entries'],
  ['sign-in', 'sign-ins'],
  ['refusal', 'refusals'],
  ['failure', 'failures'],
  ['action', 'actions'],
] as const;

/**
 * Narrows History or Audit. The address holds the whole filter, and the exports use the same
 * filter.
 */
export function PastForm({
  fields,
  choice,
}: {
  readonly fields: readonly PastField[];
  readonly choice: 'outcome' | 'kind';
}): ReactNode {
  const { past } = useCell(address);
  const set = (key: string, value: string): void => {
    const { [key]: _before, ...rest } = past;
    adjustAddress({ past: value === '' ? rest : { ...rest, [key]: value } });
  };
  return (
    <div className="past-form">
      <RangeFields past={past} set={(next) => adjustAddress({ past: next })} />
      {choice === 'outcome' ? (
        <Choice
          name="End"
          value={past['outcome'] ?? 'any'}
          options={outcomes}
          set={(value) => set('outcome', value)}
        />
      ) : (
        <Choice
          name="Kind"
          value={past['kind'] ?? ''}
          options={kinds}
          set={(value) => set('kind', value)}
        />
      )}
      {fields.map(({ key, name }) => (
        <TypedField
          key={`${key} ${past[key] ?? ''}`}
          name={name}
          value={past[key] ?? ''}
          set={(value) => set(key, value)}
        />
      ))}
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly set: (value: string) => void;
}

function Choice({ name, value, options, set }: ChoiceProps): ReactNode {
  return (
    <label>
      <span>{name}</span>
      <select value={value} onChange={(event) => set(event.target.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Takes effect on Enter and on leaving the field: each keystroke would be a database query. */
function TypedField({
  name,
  value,
  set,
}: {
  readonly name: string;
  readonly value: string;
  readonly set: (value: string) => void;
}): ReactNode {
  const [typed, setTyped] = useState(value);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (typed.trim() !== value) set(typed.trim());
  };
  return (
    <form onSubmit={submit}>
      <label>
        <span>{name}</span>
        <input
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={submit}
        />
      </label>
    </form>
  );
}

/** Links to download the rows of this view as a file. */
export function Exports({
  name,
  query,
}: {
  readonly name: 'history' | 'audit';
  readonly query: string;
}): ReactNode {
  return (
    <span className="exports">
      Export{' '}
      <a href={fromRoot(`/api/${name}.csv${query}`)} download>
        CSV
      </a>{' '}
      <a href={fromRoot(`/api/${name}.ndjson${query}`)} download>
        NDJSON
      </a>
    </span>
  );
}

/** The URL of a query with these filters. */
export function queryOf(
  past: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams({ ...past, ...more });
  return parameters.size === 0 ? '' : `?${parameters}`;
}
