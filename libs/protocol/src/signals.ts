/**
 * Names of the Linux signals 1 to 31 on x86 and arm64, by number: signal(7), "Signal numbering for
 * standard signals". Of two names for a number the one that Node and bash use. They stand here
 * because `os.constants` is not the codec's.
 */
export const signalNames: readonly (string | undefined)[] = [
  undefined,
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
];

/** SIGRTMIN as glibc shows it: it keeps 32 and 33 for its threads. */
export const firstRealtimeSignal = 34;
export const lastRealtimeSignal = 64;
