/**
 * Names of the Linux signals 1 to 31 on x86 and arm64, by number: signal(7), "Signal numbering for
 * standard signals". If a number has two names, this has the one that Node and bash use. The table
 * is here because the codec does not import `os.constants`.
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
