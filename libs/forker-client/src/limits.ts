/** How long the service may take to fork. Its own queue and restarts are shorter; a service that says nothing is stuck. */
export const forkAnswerMsMax = 30_000;
