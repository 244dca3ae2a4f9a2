import type { ChildRusage } from '@hatchery/events';

/** What all finished children used together, for the status record that `hello` logs. */
export class UsageTotals {
  children = 0;
  userMs = 0;
  systemMs = 0;
  /** The largest of any one child. */
  maxRssBytes = 0;
  minorFaults = 0;
  majorFaults = 0;

  add(rusage: ChildRusage): void {
    this.children += 1;
    this.userMs += rusage.userMs;
    this.systemMs += rusage.systemMs;
    this.maxRssBytes = Math.max(this.maxRssBytes, rusage.maxRssBytes);
    this.minorFaults += rusage.minorFaults;
    this.majorFaults += rusage.majorFaults;
  }
}
