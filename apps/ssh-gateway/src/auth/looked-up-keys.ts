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
  /** As `http` or `command`, for the log. */
  readonly name: string;
  /**
   * A user's account; empty texts for an unknown user. Must end by itself. @throws when it cannot
   * tell
   */
  readonly fetchAccount: (user: string) => Promise<AccountText>;
  readonly breaker: CircuitBreaker;
  /** An answer younger than this is not asked for again. */
  readonly freshMs: number;
  /** One up to this age still counts while the service is out of order. */
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
 * Keys and teams that somebody else keeps. Answers are remembered, so that an outage of the service
 * does not lock out those who work; an empty one is not, since a new user should not have to wait,
 * and strangers who try names must not push anybody out.
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
    // Who asked before gets the answer, and nobody after.
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

  /** `isCurrent` is false once what it was asked for is not to be remembered. */
  async #ask(user: string, isCurrent: () => boolean): Promise<Account> {
    const { name, breaker, fetchAccount, lookupsMax, teamsMax, now, notice } = this.#options;
    if (this.#running.size >= lookupsMax)
      throw new KeysUnavailableError(`${lookupsMax} look-ups are under way already`);
    if (!breaker.admits()) throw new KeysUnavailableError('it failed too often a moment ago');
    // What was taken away while the question was on its way may still be in the answer.
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
   * The source has answered, about somebody of whom nothing can be used: nobody else has to wait
   * for that.
   */
  #unfit(user: string, what: string): Account {
    const { name, breaker, notice } = this.#options;
    breaker.succeeded();
    this.#answers.delete(user);
    const source = `${name} ${user}`;
    notice({ about: 'keys', source, line: null, reason: what });
    // Of its teams nothing is known either.
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
