export { expositionText, lastingFamilies, mergeFamilies, readFamilies } from './family.ts';
export type { Family, Labels } from './family.ts';
export { counter, counters, gauge, gauges, histogram } from './reading.ts';
