/** How long a holder that has just taken a lock may need to write who it is. */
export const introductionMsMax = 1_000;

/** How often something that nobody tells us of is looked at. */
export const lookMs = 50;

/** A lock may be freed just as we look who holds it; then it is tried again, this often. */
export const attemptsMax = 5;

/** How often the ages on a screen are told anew. */
export const agesMs = 1_000;

/** How long the service may take to say which locks there are; somebody waits for that with a push that hangs. */
export const answerMsMax = 5_000;
