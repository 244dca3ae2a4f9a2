import { parseAuthorizedKeys } from './authorized-keys.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import {
  KeysUnavailableError,
  noticesOf,
  type Account,
  type AccountText,
  type KeySource,
  type KeySourceNotice,
} from './key-source.ts';
import { parseTeams } from './teams.ts';

export interface LookedUpKeysOptions {
  /** As `http` or `command`, for the log. */
  readonly name: string;
  /** A user's account; empty texts for an unknown user. Must end by itself. @throws when it cannot tell */
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
 * Keys and teams that somebody else keeps. Answers are remembered, so that an outage of the service does not lock out those who work; an empty
 * one is not, since a new user should not have to wait, and strangers who try names must not push anybody out.
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
    if (known !== undefined && age < freshMs) return { ...known.account, anew: () => this.#lookUp(user) };
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

  #lookUp(user: string): Promise<Account> {
    const underWay = this.#running.get(user);
    if (underWay !== undefined) return underWay;
    const running = this.#ask(user).finally(() => this.#running.delete(user));
    this.#running.set(user, running);
    return running;
  }

  async #ask(user: string): Promise<Account> {
    const { name, breaker, fetchAccount, lookupsMax, teamsMax, now, notice } = this.#options;
    if (this.#running.size >= lookupsMax)
      throw new KeysUnavailableError(`${lookupsMax} look-ups are under way already`);
    if (!breaker.admits()) throw new KeysUnavailableError('it failed too often a moment ago');
    let text: AccountText;
    try {
      text = await fetchAccount(user);
      breaker.succeeded();
    } catch (error) {
      breaker.failed();
      const reason = error instanceof Error ? error.message : String(error);
      notice({ about: 'keys', source: `${name} ${user}`, line: null, reason });
      throw new KeysUnavailableError(reason, { cause: error });
    }
    const { keys, ignored } = parseAuthorizedKeys(text.keys);
    const { teams, ignored: ignoredTeams } = parseTeams(text.teams, teamsMax);
    noticesOf('keys', `${name} ${user}`, ignored).forEach(notice);
    noticesOf('teams', `${name} ${user}`, ignoredTeams).forEach(notice);
    const account = { keys, teams };
    this.#remember(user, { account, atMs: now() });
    return account;
  }

  #remember(user: string, answer: Answer): void {
    this.#answers.delete(user);
    if (answer.account.keys.length === 0 && answer.account.teams.length === 0) return;
    this.#answers.set(user, answer);
    const oldest = this.#answers.keys().next();
    if (this.#answers.size > this.#options.usersMax && !oldest.done) this.#answers.delete(oldest.value);
  }
}
