/** How long a holder that has just taken a lock may need to write who it is. */
export const introductionMsMax = 1_000;

/** How often something that nobody tells us of is looked at. */
export const lookMs = 50;

/** A lock may be freed just as we look who holds it; then it is tried again, this often. */
export const attemptsMax = 5;
