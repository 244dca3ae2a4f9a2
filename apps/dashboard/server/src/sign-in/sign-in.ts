import type { IncomingMessage } from 'node:http';
import type { Access, Refusal } from './access.ts';
import type { Site } from './site.ts';

/** The response to a browser that signs in or out: another address, or a page that explains. */
export type Step =
  | { readonly kind: 'go'; readonly to: string; readonly cookies: readonly string[] }
  | {
      readonly kind: 'notice';
      readonly status: number;
      readonly title: string;
      readonly sentence: string;
      readonly link?: { readonly to: string; readonly text: string };
      /** A form that posts to `to`; with `isPressed` a script of the page submits it at once. */
      readonly button?: { readonly to: string; readonly text: string; readonly isPressed: boolean };
      readonly cookies?: readonly string[];
    };

/** One of the ways to sign in. */
export interface SignIn extends AsyncDisposable {
  readonly access: Access;
  readonly site: Site;
  /** Why a user who may still look cannot act any more; absent where looking needs a sign-in. */
  readonly lapsed?: (request: IncomingMessage) => Refusal | null;
  /** What an unsigned visitor, or a viewer, can do to get further. */
  readonly way: string;
  /** Whether `/sign-in` continues the sign-in, and `/sign-out` ends a session. */
  readonly isOurs: boolean;
  /** The link for the person who started the dashboard, or null. */
  readonly link: string | null;
  /** How long a live stream is trusted without a new check; null when `access` always knows. */
  readonly liveMsMax: number | null;
  /** Requests from untrusted addresses that named a user. */
  readonly untrusted: number;
  /** `GET /sign-in`. */
  begin(request: IncomingMessage, url: URL): Promise<Step>;
  /** `POST /sign-in`; the caller has checked that it comes from our own page. */
  accept(request: IncomingMessage, url: URL): Promise<Step>;
  /** `GET /sign-in/callback`. */
  complete(request: IncomingMessage, url: URL): Promise<Step>;
  /** `POST /sign-out`; the caller has checked that it comes from our own page. */
  end(request: IncomingMessage): Promise<Step>;
  /** Called whenever a user is signed out or becomes another person. */
  whenChanged(listener: () => void): void;
}

/** For ways to sign in that do not have this step. */
export const nothingToComplete: Step = {
  kind: 'notice',
  status: 404,
  title: 'Nothing here',
  sentence: 'This dashboard does not sign people in at this address.',
};
