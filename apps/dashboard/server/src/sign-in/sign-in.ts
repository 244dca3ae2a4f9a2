import type { IncomingMessage } from 'node:http';
import type { Access, Refusal } from './access.ts';
import type { Site } from './site.ts';

/**
 * What a browser that signs in or out gets next: another address, or a page that says how things
 * stand.
 */
export type Step =
  | { readonly kind: 'go'; readonly to: string; readonly cookies: readonly string[] }
  | {
      readonly kind: 'notice';
      readonly status: number;
      readonly title: string;
      readonly sentence: string;
      readonly link?: { readonly to: string; readonly text: string };
      /** Posts to `to`; `isPressed` has a script of the page do so at once. */
      readonly button?: { readonly to: string; readonly text: string; readonly isPressed: boolean };
      readonly cookies?: readonly string[];
    };

/** One of the ways to sign in. */
export interface SignIn extends AsyncDisposable {
  readonly access: Access;
  readonly site: Site;
  /**
   * Why who may look can act no more, where that goes on without a sign-in; absent where it does
   * not.
   */
  readonly lapsed?: (request: IncomingMessage) => Refusal | null;
  /** How an unsigned visitor, or one who may only look, gets further. */
  readonly way: string;
  /** Whether `/sign-in` leads on from here, and `/sign-out` ends something. */
  readonly isOurs: boolean;
  /** The link for the person who started the dashboard, or null. */
  readonly link: string | null;
  /**
   * For so long a live stream is believed without asking anew; null when `access` knows at any
   * time.
   */
  readonly liveMsMax: number | null;
  /** Requests that named a user without being trusted to. */
  readonly untrusted: number;
  /** `GET /sign-in`. */
  begin(request: IncomingMessage, url: URL): Promise<Step>;
  /** `POST /sign-in`; that it comes from our own page is known. */
  accept(request: IncomingMessage, url: URL): Promise<Step>;
  /** `GET /sign-in/callback`. */
  complete(request: IncomingMessage, url: URL): Promise<Step>;
  /** `POST /sign-out`; that it comes from our own page is known. */
  end(request: IncomingMessage): Promise<Step>;
  /** Called whenever somebody is signed out or becomes somebody else. */
  whenChanged(listener: () => void): void;
}

/** For ways to sign in that have no such step. */
export const nothingToComplete: Step = {
  kind: 'notice',
  status: 404,
  title: 'Nothing here',
  sentence: 'This dashboard does not sign people in at this address.',
};
