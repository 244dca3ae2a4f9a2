import { teamsPerUserMax, userFileBytesMax } from '@hatchery/ssh-keys';

const mebibyte = 1024 * 1024;

/**
 * Every cap and deadline of the gateway that `hatchery.toml` does not set. Tests pass shorter ones.
 */
export const limits = {
  /** A balancer sends its header with the connection: half a second is a slow one. Trap G. */
  proxyDeadlineMs: 500,
  /**
   * A client sends its identification at once; OpenSSH and PuTTY need one round trip. Trap G: ssh2
   * itself waits for ever.
   */
  identDeadlineMs: 10_000,
  /**
   * Longer than the round trip to most clients; only one that waits for us to speak first is held
   * up so long.
   */
  firstReplyHeldMsMax: 200,
  /** As sshd_config(5) MaxAuthTries. */
  authenticationFailuresMax: 6,
  /**
   * A known key may be asked about without ever being signed for, which is no failure: six keys
   * need two requests each, and `none` one.
   */
  authenticationRequestsMax: 20,
  /**
   * Longer than any look-up in files takes, and too short for a person to notice: what goes out
   * with a refusal says nothing of how it came about.
   */
  refusalDelayMs: 10,
  /** As sshd_config(5) MaxSessions: OpenSSH multiplexing opens one channel a command. */
  channelsPerConnectionMax: 10,
  /** A connection with a session holds five descriptors; this keeps a process under 20480. */
  connectionsMax: 4096,
  /**
   * Of the descriptors a process may have, so many are kept for what runs: a session that has been
   * let in opens four more.
   */
  descriptorsKept: 64,
  /** Below the idle time-out of the usual NAT and load balancer (60 s and more). */
  keepaliveIntervalMs: 15_000,
  keepaliveCountMax: 3,
  /** Real exec lines have under 100 bytes; a path of 4096 on each side fits. */
  execLineBytesMax: 8 * 1024,
  /**
   * More than the SSH packets of one round trip at 1 Gbit/s and 8 ms; above it the child's output
   * is left in its pipe. Trap D.
   */
  socketBufferBytesPause: mebibyte,
  /**
   * Ten sessions of two paused outputs each stay far below; only replies to a client that never
   * reads grow past it. Trap D.
   */
  socketBufferBytesMax: 16 * mebibyte,
  /**
   * Sent during a key exchange: ten sessions of two outputs in packets of a kilobyte are a third of
   * it, and no more is read of them then. Trap D.
   */
  queuedPacketsMax: 16 * 1024,
  /**
   * What one output of a child may have on its way to a client that does not read: four reads of a
   * FIFO.
   */
  outputBufferBytesMax: 256 * 1024,
  /**
   * RFC 4254 5.1 lets a client name any packet size. At 0 ssh2 would loop for ever, and each tiny
   * packet costs a cipher pass.
   */
  packetBytesMin: 256,
  /** RFC 4253 6.1: every implementation must take this much; larger ones only cost memory. */
  packetBytesMax: 32 * 1024,
  /** After we said goodbye the client has this long to take the last bytes and close. Trap H. */
  lingerMs: 2_000,
  /**
   * A child that has exited leaves at most a full pipe behind, read in milliseconds; whoever still
   * holds it open is a grandchild.
   */
  outputsDeadlineMs: 2_000,
  /**
   * From the end of a child's outputs to its exit it is milliseconds, unless the machine swaps; a
   * child that runs on after it is rare.
   */
  eofWaitMs: 1_000,
  /**
   * The largest pipe an unprivileged process can make (proc_sys_fs(5) pipe-max-size): more than
   * this is not the dead child's.
   */
  pipeBytesMax: mebibyte,
  /**
   * How long a connection that came just before a drain has for its sign-in and its first session:
   * several round trips of a slow line.
   */
  drainGraceMs: 5_000,
  /** RFC 4253 9: new keys after a gigabyte or an hour. Trap L: ssh2 starts none by itself. */
  rekeyBytes: 1024 * mebibyte,
  rekeyMs: 60 * 60 * 1000,
  /** A restart of the fork service takes about a second. */
  forkRetryForMs: 2_000,
  forkRetryEveryMs: 100,
  /**
   * As long again, and then some, for a fork service that came back to say how a child ended that
   * it took over.
   */
  reattachForMs: 10_000,
  /** Good work is not cancelled because the client closed early (gitlab-shell #563). */
  childFinishMs: 10_000,
  /** An idle brz ends within 1 s of a HUP; in the middle of a request it goes on with it. */
  childHangupMs: 10_000,
  childTermMs: 5_000,
  /** The kernel ends a killed process at once unless it waits for a device. */
  childKillMs: 10_000,
  /**
   * A fork service that runs answers within milliseconds. One that starts is heard later, and
   * refuses by itself meanwhile.
   */
  forkerWordMsMax: 1_000,
  /**
   * How often worker processes are asked what they have counted: all that a killed one's counters
   * can lose.
   */
  workerPollMs: 1_000,
  /**
   * After so many of these in vain a worker process gets no new connections. A loaded machine is
   * late by less, and one that answers again gets them again.
   */
  workerLooksMax: 3,
  /**
   * Then it is killed, for nothing else brings its clients to another one; with sessions only after
   * five minutes, for they may yet go on.
   */
  workerHungLooksMax: 30,
  workerHungLooksWithSessionsMax: 300,
  /** A crash at once is a defect that another start will not mend; the others serve on. */
  workerRestartMsMin: 100,
  workerRestartMsMax: 10_000,
  /**
   * After an urgent stop, for one whose loop is blocked: longer than HUP and TERM to its children
   * take.
   */
  workerKillMs: 30_000,
  /**
   * A session that outlives the gateway after its own by a week has been forgotten by everybody.
   */
  replacedDrainMsMax: 7 * 24 * 60 * 60 * 1000,
  authorizedKeysBytesMax: userFileBytesMax,
  /** Some 1 kB each. */
  cachedUsersMax: 1_000,
  teamsPerUserMax,
  /** A million revoked certificates in a bitmap, or twenty thousand plain lines. */
  revokedKeysBytesMax: 8 * mebibyte,
  /**
   * The default of ssh.max_startups: a connection that has not signed in has one at a time, so that
   * strangers cannot take them all.
   */
  keyLookupsMax: 300,
  /**
   * Then each is told at once that sign-in is unavailable, instead of after the look-up's deadline.
   */
  keyLookupFailuresMax: 5,
  keyLookupOpenMs: 10_000,
} as const;

/** {@link limits} with numbers of one's own. */
export type Limits = Readonly<Record<keyof typeof limits, number>>;
