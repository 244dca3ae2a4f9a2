/** Why a fork was refused, as it is counted. A closed list; the words beside it are for people. */
export type ForkRefusalCode =
  /** `max_children` are in use. */
  | 'service-full'
  /** The user has `max_children_per_user`: the only one that is the user's own doing. */
  | 'children-per-user'
  /** As many requests wait as may. */
  | 'fork-queue-full'
  | 'fork-service-draining'
  /** The next forker takes over. */
  | 'fork-service-restarting'
  /** The preload does not come up. */
  | 'zygote-broken'
  /** It waited as long as it may, and no child came. */
  | 'fork-late'
  /** Whoever forks gives no answer. */
  | 'forks-stalled'
  /** Anything else, as a keeper that died twice or a kernel that does not fork. */
  | 'fork-refused';

/**
 * Protocol 1 has one line of text for the reason and no room for a code, and its bytes are fixed.
 * So these beginnings and keys, which the service writes itself, are the code.
 */
const words: readonly (readonly [RegExp, ForkRefusalCode])[] = [
  [/^\S+ has \d+ of \d+ sessions in use \(max_children_per_user\);/, 'children-per-user'],
  [/^the service is full: [^()]* \(max_children\);/, 'service-full'],
  [/^\d+ requests wait for a session already, /, 'fork-queue-full'],
  [/^the service is being drained /, 'fork-service-draining'],
  [/^the service is being restarted: /, 'fork-service-restarting'],
  [/^the zygote does not start: /, 'zygote-broken'],
  [/^no (child|session) came up within /, 'fork-late'],
  [/^no session can be started at the moment: /, 'forks-stalled'],
];

/** What the reason of a FAILURE to `fork` or `fork-env` is counted as. */
export function forkRefusalCodeOf(reason: string): ForkRefusalCode {
  return words.find(([pattern]) => pattern.test(reason))?.[1] ?? 'fork-refused';
}
