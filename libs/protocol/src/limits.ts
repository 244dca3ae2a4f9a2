/**
 * Longest request in bytes, line ends included: docs/reference/fork-protocol.md#failures. A command
 * line with a handful of variables needs a few hundred bytes, and a local client must not make the
 * service hold more than this.
 */
export const requestBytesMax = 64 * 1024;

/**
 * Longest line of an answer in bytes. The longest valid one is the directory of pipes, and PATH_MAX
 * is 4096; a failure's reason stays below it too, see {@link failureReasonCharactersMax}.
 */
export const answerLineBytesMax = 8 * 1024;

/**
 * Longest reason of a failure in UTF-16 units. At three bytes a unit it fits an answer line, and it
 * is more than a person reads on one line of a terminal.
 */
export const failureReasonCharactersMax = 2000;

/**
 * Longest path of a directory of pipes in bytes: with PATH_MAX (4096, with the NUL) no client can
 * open a longer one.
 */
export const directoryBytesMax = 4095;

/**
 * How much of a foreign text an answer repeats, in bytes: enough to recognize one's own request,
 * too little to fill a log.
 */
export const quotedBytesMax = 200;

/**
 * Longest child-connect timeout in seconds that a client may set: a day. A child without a client
 * holds memory and counts towards the limit of children; a longer value is a mistake of units
 * (milliseconds for seconds).
 */
export const childConnectTimeoutSecondsMax = 86_400;

/**
 * Longest id of a child in characters: half of NAME_MAX (255), since the id is part of the
 * directory's name.
 */
export const childIdCharactersMax = 128;

/**
 * The variables that a client may set in a child: docs/reference/fork-protocol.md#fork-env.
 * Launchpad's clients set the first two; the others tell the child which user it serves. A client's
 * request never reaches PYTHONPATH or LD_PRELOAD.
 */
export const allowedVariablesDefault: readonly string[] = [
  'BRZ_EMAIL',
  'BZR_EMAIL',
  'HATCHERY_USER',
  'HATCHERY_TEAMS',
  'HATCHERY_PEER',
  'HATCHERY_SESSION',
];

/**
 * The limits that a service may set for the requests it reads; each name is that of its default
 * above.
 */
export interface RequestLimits {
  readonly requestBytesMax: number;
  readonly childConnectTimeoutSecondsMax: number;
}
