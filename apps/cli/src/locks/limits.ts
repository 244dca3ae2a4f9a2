/** How often the ages on a screen are updated. */
export const agesMs = 1_000;

/**
 * How long the service may take to list the locks; the user may be waiting with a push that hangs.
 */
export const answerMsMax = 5_000;
