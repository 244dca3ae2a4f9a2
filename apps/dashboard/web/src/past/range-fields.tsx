import { useState, type ReactNode, type SyntheticEvent } from 'react';

/** The ranges that end now, named as in the server's API, and one with its own ends. */
const ranges = [
  ['15m', 'last 15 min'],
  ['1h', 'last hour'],
  ['6h', 'last 6 hours'],
  ['1d', 'last day'],
  ['7d', 'last 7 days'],
  ['30d', 'last 30 days'],
  ['custom', 'from … to …'],
] as const;

const dayMs = 24 * 60 * 60 * 1_000;

type Past = Readonly<Record<string, string>>;

/**
 * Which part of the past is shown: a length that ends now, or two instants, one of which may be
 * open.
 */
export function RangeFields({
  past,
  set,
}: {
  readonly past: Past;
  readonly set: (past: Past) => void;
}): ReactNode {
  const { range: _range, from: _from, to: _to, ...others } = past;
  const custom = past['from'] !== undefined || past['to'] !== undefined;
  const choose = (value: string): void => {
    // To the second, in the form that a user can type.
    if (value === 'custom')
      set({ ...others, from: new Date(Date.now() - dayMs).toISOString().slice(0, 19) + 'Z' });
    else set({ ...others, range: value });
  };
  const change = (end: 'from' | 'to', value: string): void => {
    const { [end]: _before, ...rest } = past;
    set(value === '' ? rest : { ...rest, [end]: value });
  };
  return (
    <>
      <label>
        <span>Range</span>
        <select
          value={custom ? 'custom' : (past['range'] ?? '1d')}
          onChange={(event) => choose(event.target.value)}
        >
          {ranges.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      {custom &&
        (['from', 'to'] as const).map((end) => (
          <InstantField
            key={`${end} ${past[end] ?? ''}`}
            name={end === 'from' ? 'From' : 'To'}
            value={past[end] ?? ''}
            set={(value) => change(end, value)}
          />
        ))}
    </>
  );
}

interface InstantFieldProps {
  readonly name: string;
  /** RFC 3339, or empty for an open end. */
  readonly value: string;
  readonly set: (value: string) => void;
}

/**
 * An instant in this computer's time zone, like all others on the page. Takes effect on Enter and
 * on leaving the field.
 */
function InstantField({ name, value, set }: InstantFieldProps): ReactNode {
  const [typed, setTyped] = useState(() => localText(value));
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const at = Date.parse(typed);
    const told = Number.isNaN(at) ? '' : new Date(at).toISOString().replace('.000Z', 'Z');
    if (typed !== localText(value)) set(told);
  };
  return (
    <form onSubmit={submit}>
      <label>
        <span>{name}</span>
        <input
          type="datetime-local"
          step={1}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          // In Chromium a date field does not pass Enter on.
          onKeyDown={(event) => event.key === 'Enter' && submit(event)}
          onBlur={submit}
        />
      </label>
    </form>
  );
}

/** The format of a date and time field: local, without a zone. */
function localText(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
