/** How long the service may take to fork. Its own queue and restarts are shorter; a service that says nothing is stuck. */
export const forkAnswerMsMax = 30_000;

/** How often it is looked whether a child that is owed an EOF has connected. It does within milliseconds of its fork. */
export const connectedLookMs = 2;
