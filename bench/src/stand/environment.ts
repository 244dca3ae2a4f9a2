/**
 * The environment of every program of a run: no setting, ssh-agent or Python of the user's changes
 * a figure.
 */
export function plainEnvironment(home: string): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: home,
    BRZ_HOME: home,
    BRZ_EMAIL: 'Bench <bench@hatchery.invalid>',
    // As in the service: a log that grows during the run is not part of a session's start.
    BRZ_LOG: '/dev/null',
  };
}
