/** Why a fork was refused, as metrics count it. A closed list; the comments explain each code. */
export type ForkRefusalCode =
  /** `max_children` are in use. */
  | 'service-full'
  /** The user has `max_children_per_user`: the only code that the user causes. */
  | 'children-per-user'
  /** The queue of waiting requests is full. */
  | 'fork-queue-full'
  | 'fork-service-draining'
  /** A new forker is taking over. */
  | 'fork-service-restarting'
  /** Preloading fails. */
  | 'zygote-broken'
  /** The request waited as long as it may, and no child came. */
  | 'fork-late'
  /** The process that forks does not answer. */
  | 'forks-stalled'
  /** Anything else, such as a keeper that died twice or a kernel that does not fork. */
  | 'fork-refused';

/**
 * Protocol 1 has one line of text for the reason and no room for a code, and its bytes are fixed.
 * So these phrases, which only the service writes, identify the code.
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

/** The code under which metrics count the reason of a FAILURE to `fork` or `fork-env`. */
export function forkRefusalCodeOf(reason: string): ForkRefusalCode {
  return words.find(([pattern]) => pattern.test(reason))?.[1] ?? 'fork-refused';
}
