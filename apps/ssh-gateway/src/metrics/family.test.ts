import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expositionText, lastingFamilies, mergeFamilies } from './family.ts';
import { Counter, Histogram } from './instruments.ts';

test('a counter is written as the text format wants it, with its escapes', () => {
  const counter = new Counter('c_total', 'a \\ and\na line', []);
  counter.add(2, { reason: 'a"b\\c\nd' });
  assert.equal(
    expositionText([counter.read()]),
    '# HELP c_total a \\\\ and\\na line\n# TYPE c_total counter\nc_total{reason="a\\"b\\\\c\\nd"} 2\n',
  );
});

test('a histogram’s buckets add up to the count, and what is above all bounds is in +Inf', () => {
  const histogram = new Histogram('h', 'help', [0.1, 1]);
  for (const seconds of [0.1, 0.5, 7]) histogram.observe(seconds, { phase: 'kex' });
  assert.equal(
    expositionText([histogram.read()]),
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

test('series of several processes are added up by their labels', () => {
  const [one, other] = [new Counter('c', '', []), new Counter('c', '', [])];
  one.add(1, { a: 'x' });
  other.add(2, { a: 'x' });
  other.add(5, { a: 'y' });
  const [left, right] = [new Histogram('h', '', [1]), new Histogram('h', '', [1])];
  left.observe(0.5);
  right.observe(2);
  const text = expositionText(
    mergeFamilies([
      [one.read(), left.read()],
      [other.read(), right.read()],
    ]),
  );
  assert.match(text, /c\{a="x"\} 3\nc\{a="y"\} 5\n/);
  assert.match(text, /h_bucket\{le="1"\} 1\nh_bucket\{le="\+Inf"\} 2\nh_sum 2.5\nh_count 2\n/);
});

test('of an ended process the counters stay and the gauges go', () => {
  const kept = lastingFamilies([
    new Counter('c', '').read(),
    { type: 'gauge', name: 'g', help: '', series: [] },
  ]);
  assert.deepEqual(
    kept.map(({ name }) => name),
    ['c'],
  );
});

test('reading is a copy: what is counted later does not change it', () => {
  const counter = new Counter('c', '');
  const before = counter.read();
  counter.add();
  assert.match(expositionText([before]), /^c 0$/m);
});
