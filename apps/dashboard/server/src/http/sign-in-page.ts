import type { ServerResponse } from 'node:http';
import { wayToSignIn } from '../sign-in/access.ts';
import { cookieName, sessionCookie } from '../sign-in/cookie.ts';
import type { Sessions } from '../sign-in/sessions.ts';
import { safetyHeaders, sendNotice } from './answers.ts';

/** `GET /sign-in?token=…`: the link that is printed for the person who started the service. */
export interface SignInPage {
  open(token: string, response: ServerResponse): void;
}

/** Trades the token for a cookie and goes on to the page; a wrong token is told where the right one is. */
export function signInPage(sessions: Sessions, port: number): SignInPage {
  return {
    open: (token, response) => {
      const key = sessions.signIn(token);
      if (key === null) {
        return sendNotice(
          response,
          403,
          'This sign-in link is not valid',
          `It is made anew at each start of the dashboard. ${wayToSignIn}`,
        );
      }
      response.writeHead(303, {
        ...safetyHeaders,
        'cache-control': 'no-store',
        'set-cookie': sessionCookie(cookieName(port), key),
        location: '/',
        'content-length': 0,
      });
      response.end();
    },
  };
}
