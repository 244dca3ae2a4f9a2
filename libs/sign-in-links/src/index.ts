export { openSignInKey, readSignInKey, SignInKeyError, signInKeyPath } from './sign-in-key.ts';
export {
  clockSkewMsMax,
  linkName,
  makeLinkToken,
  readLinkToken,
  signInLinkMsMax,
} from './sign-in-link.ts';
export type { SignInLink } from './sign-in-link.ts';
