/** How often the ages on a screen are told anew. */
export const agesMs = 1_000;

/**
 * How long the service may take to say which locks there are; somebody waits for that with a push
 * that hangs.
 */
export const answerMsMax = 5_000;
