import { parseAuthorizedKeys, parseTeams } from '@hatchery/ssh-keys';
import type { CircuitBreaker } from './circuit-breaker.ts';
import {
  keysTrouble,
  KeysUnavailableError,
  noticesOf,
  UnfitAccountError,
  type Account,
  type AccountText,
  type KeySource,
  type KeySourceNotice,
} from './key-source.ts';

export interface LookedUpKeysOptions {
  /** `http` or `command`, for the log. */
  readonly name: string;
  /**
   * A user's account; empty texts for an unknown user. Must end by itself. @throws when it cannot
   * answer
   */
  readonly fetchAccount: (user: string) => Promise<AccountText>;
  readonly breaker: CircuitBreaker;
  /** An answer younger than this is reused without a new look-up. */
  readonly freshMs: number;
  /** While the service is out of order, answers up to this age still count. */
  readonly staleMs: number;
  readonly usersMax: number;
  readonly lookupsMax: number;
  readonly teamsMax: number;
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  readonly notice: (notice: KeySourceNotice) => void;
}

interface Answer {
  readonly account: Account;
  readonly atMs: number;
}

/**
 * Keys and teams from an external service or command. Answers are cached, so that an outage does
 * not lock out active users. Empty answers are not cached: a new user should not have to wait, and
 * strangers who try names must not evict users.
 */
export class LookedUpKeys implements KeySource {
  readonly #options: LookedUpKeysOptions;
  readonly #answers = new Map<string, Answer>();
  readonly #running = new Map<string, Promise<Account>>();

  constructor(options: LookedUpKeysOptions) {
    this.#options = options;
  }

  async accountOf(user: string): Promise<Account> {
    const { now, freshMs, staleMs } = this.#options;
    const known = this.#answers.get(user);
    const age = known === undefined ? Infinity : now() - known.atMs;
    if (known !== undefined && age < freshMs)
      return { ...known.account, anew: () => this.#lookUp(user) };
    try {
      return await this.#lookUp(user);
    } catch (error) {
      const again = (): never => {
        throw error;
      };
      if (known !== undefined && age < staleMs) return { ...known.account, anew: again };
      throw error;
    }
  }

  forget(user: string): void {
    this.#answers.delete(user);
    // Callers who asked before get this answer; later callers do not.
    this.#running.delete(user);
  }

  #lookUp(user: string): Promise<Account> {
    const underWay = this.#running.get(user);
    if (underWay !== undefined) return underWay;
    const isCurrent = (): boolean => this.#running.get(user) === running;
    const running: Promise<Account> = this.#ask(user, isCurrent).finally(() => {
      if (isCurrent()) this.#running.delete(user);
    });
    this.#running.set(user, running);
    return running;
  }

  /** `isCurrent` is false once the answer must not be cached any more. */
  async #ask(user: string, isCurrent: () => boolean): Promise<Account> {
    const { name, breaker, fetchAccount, lookupsMax, teamsMax, now, notice } = this.#options;
    if (this.#running.size >= lookupsMax)
      throw new KeysUnavailableError(`${lookupsMax} look-ups are under way already`);
    if (!breaker.admits()) throw new KeysUnavailableError('it failed too often a moment ago');
    // The answer may still contain a key that was removed while the look-up was under way.
    const askedAtMs = now();
    let text: AccountText;
    try {
      text = await fetchAccount(user);
      breaker.succeeded();
    } catch (error) {
      if (error instanceof UnfitAccountError) return this.#unfit(user, error.message);
      breaker.failed();
      const reason = error instanceof Error ? error.message : String(error);
      notice({ about: 'keys', source: `${name} ${user}`, line: null, reason });
      throw new KeysUnavailableError(reason, { cause: error });
    }
    const { keys, ignored } = parseAuthorizedKeys(text.keys);
    const trouble = keysTrouble(`${name} ${user}`, { keys, ignored });
    const { teams, ignored: ignoredTeams } = parseTeams(text.teams, teamsMax);
    noticesOf('keys', `${name} ${user}`, ignored).forEach(notice);
    noticesOf('teams', `${name} ${user}`, ignoredTeams).forEach(notice);
    const account = trouble === null ? { keys, teams } : { keys, teams, trouble };
    if (isCurrent()) this.#remember(user, { account, atMs: askedAtMs });
    return account;
  }

  /**
   * The source has answered, but with unusable data of one user: that is no failure of the service.
   */
  #unfit(user: string, what: string): Account {
    const { name, breaker, notice } = this.#options;
    breaker.succeeded();
    this.#answers.delete(user);
    const source = `${name} ${user}`;
    notice({ about: 'keys', source, line: null, reason: what });
    // Without an answer the teams are unknown too.
    return { keys: [], teams: [], trouble: { about: 'teams', reason: `${source}: ${what}` } };
  }

  #remember(user: string, answer: Answer): void {
    this.#answers.delete(user);
    if (answer.account.keys.length === 0 && answer.account.teams.length === 0) return;
    this.#answers.set(user, answer);
    const oldest = this.#answers.keys().next();
    if (this.#answers.size > this.#options.usersMax && !oldest.done)
      this.#answers.delete(oldest.value);
  }
}
