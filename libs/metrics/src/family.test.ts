import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  expositionText,
  lastingFamilies,
  mergeFamilies,
  readFamilies,
  type Family,
} from './family.ts';

/** A registry with one counter, and what it has counted. */
function counting(
  name: string,
  help: string,
  ...counted: readonly (readonly [number, Record<string, string>])[]
): { counter: Counter; registry: Registry; read: () => Promise<Family[]> } {
  const registry = new Registry();
  const labelNames = [...new Set(counted.flatMap(([, labels]) => Object.keys(labels)))];
  const counter = new Counter({ name, help, labelNames, registers: [registry] });
  for (const [amount, labels] of counted) counter.inc(labels, amount);
  return { counter, registry, read: () => readFamilies(registry) };
}

/** A histogram with these observations, in a registry. */
function observed(bounds: number[], seconds: readonly number[], labels = {}): Promise<Family[]> {
  const registry = new Registry();
  const labelNames = Object.keys(labels);
  const options = { name: 'h', help: 'help', labelNames, buckets: bounds, registers: [registry] };
  const histogram = new Histogram(options);
  for (const one of seconds) histogram.observe(labels, one);
  return readFamilies(registry);
}

test('a counter is written as the text format wants it, with its escapes', async () => {
  const { read } = counting('c_total', 'a \\ and\na line', [2, { reason: 'a"b\\c\nd' }]);
  assert.equal(
    await expositionText(await read()),
    '# HELP c_total a \\\\ and\\na line\n# TYPE c_total counter\nc_total{reason="a\\"b\\\\c\\nd"} 2\n',
  );
});

test('a histogram’s buckets add up to the count, and what is above all bounds is in +Inf', async () => {
  assert.equal(
    await expositionText(await observed([0.1, 1], [0.1, 0.5, 7], { phase: 'kex' })),
    [
      '# HELP h help',
      '# TYPE h histogram',
      'h_bucket{phase="kex",le="0.1"} 1',
      'h_bucket{phase="kex",le="1"} 2',
      'h_bucket{phase="kex",le="+Inf"} 3',
      'h_sum{phase="kex"} 7.6',
      'h_count{phase="kex"} 3',
      '',
    ].join('\n'),
  );
});

test('series of several processes are added up by their labels', async () => {
  const one = counting('c', 'help', [1, { a: 'x' }]);
  const other = counting('c', 'help', [2, { a: 'x' }], [5, { a: 'y' }]);
  const text = await expositionText(
    mergeFamilies([
      [...(await one.read()), ...(await observed([1], [0.5]))],
      [...(await other.read()), ...(await observed([1], [2]))],
    ]),
  );
  assert.match(text, /c\{a="x"\} 3\nc\{a="y"\} 5\n/);
  assert.match(text, /h_bucket\{le="1"\} 1\nh_bucket\{le="\+Inf"\} 2\nh_sum 2.5\nh_count 2\n/);
});

test('what was merged and sent to another process can be merged again', async () => {
  const { read } = counting('c', 'help', [1, { a: 'x' }]);
  const all = [...(await read()), ...(await observed([1], [0.5, 2]))];
  const sent = JSON.parse(JSON.stringify(mergeFamilies([all, all]))) as Family[];
  const text = await expositionText(mergeFamilies([sent, all]));
  assert.match(text, /^c\{a="x"\} 3$/m);
  assert.match(text, /h_bucket\{le="1"\} 3\nh_bucket\{le="\+Inf"\} 6\nh_sum 7.5\nh_count 6\n/);
});

test('of an ended process the counters stay and the gauges go', async () => {
  const { registry, read } = counting('c', 'help');
  new Gauge({ name: 'g', help: 'help', registers: [registry] }).set(3);
  const kept = lastingFamilies(await read());
  assert.deepEqual(
    kept.map(({ name }) => name),
    ['c'],
  );
});

test('reading is a copy: what is counted later does not change it', async () => {
  const { counter, read } = counting('c', 'help');
  const before = await read();
  const merged = mergeFamilies([before]);
  counter.inc();
  for (const families of [before, merged]) assert.match(await expositionText(families), /^c 0$/m);
});

test('nothing is no text', async () => {
  assert.equal(await expositionText([]), '');
});
