/**
 * What every program of a run gets: no setting, ssh-agent or Python of the person's own changes a
 * figure.
 */
export function plainEnvironment(home: string): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: home,
    BRZ_HOME: home,
    BRZ_EMAIL: 'Bench <bench@hatchery.invalid>',
    // As in the service: a log that grows with the run is no part of a session's start.
    BRZ_LOG: '/dev/null',
  };
}
