import type { AlgorithmKind } from './ssh-algorithms.ts';

/**
 * The settings from `hatchery.toml` and its defaults. Paths are absolute; durations are seconds as
 * in the file.
 */
export interface Config {
  readonly stateDirectory: string;
  /**
   * Sockets and pipe directories; made with mode 0711 so that a gateway that runs as another user
   * can enter.
   */
  readonly runtimeDirectory: string;
  readonly hosting: {
    readonly root: string;
    /** Such as `~alice/secret` or `~reds`: only that user or that team's members see these. */
    readonly private: readonly string[];
    /** The service takes no changes, whatever `hatchery read-only off` says. */
    readonly readOnly: boolean;
    /** The umask of sessions; null: the operator's own, with nothing for other accounts. */
    readonly umask: number | null;
    /**
     * Clients may read the files that make up a branch, as `brz branch --stacked` and `brz check
     * URL` do.
     */
    readonly fileReads: boolean;
  };
  readonly forker: {
    /**
     * The fork protocol's socket. The control socket is beside it: see {@link controlSocketPath}.
     */
    readonly socket: string;
    /** As 0o660. */
    readonly socketMode: number;
    readonly childrenMax: number;
    readonly childrenPerUserMax: number;
    readonly requestTimeoutS: number;
    readonly childConnectTimeoutS: number;
    readonly childrenTimeoutS: number;
    /** Children forked ahead of requests; 0 switches the pool off. */
    readonly poolSize: number;
    /** False: every session is a Python of its own, started on request. */
    readonly fork: boolean;
    /**
     * The account that sessions must run as; null: `hatchery-sessions` where that is usable, else
     * the service's own (`findSessionUser`).
     */
    readonly runAs: string | null;
  };
  /** Limits of each session (setrlimit(2)); 0 leaves a limit unchanged. */
  readonly limits: {
    readonly cpuS: number;
    readonly addressSpaceBytes: number;
    /** Of all sessions of one user together: private memory, in bytes. */
    readonly userMemoryBytes: number;
    readonly openFiles: number;
    readonly fileSizeBytes: number;
  };
  readonly ssh: {
    readonly listen: Address;
    readonly hostKeys: readonly string[];
    readonly workers: number;
    readonly usersDirectory: string;
    /** Certificates of {@link hostKeys}, as sshd_config(5) HostCertificate. */
    readonly hostCertificates: readonly string[];
    /**
     * A file of authorities whose certificates let in the users that they name, as sshd_config(5)
     * TrustedUserCAKeys.
     */
    readonly userAuthorities: string | null;
    /** As sshd_config(5) RevokedKeys. */
    readonly revokedKeys: string | null;
    readonly keyLookup: {
      /** The source of users' keys: `usersDirectory`, `url` or `command`. */
      readonly source: 'files' | 'http' | 'command';
      /** Contains `{user}`. */
      readonly url: string | null;
      /** The file with the bearer token that is sent to `url`. */
      readonly tokenFile: string | null;
      /** A program and its arguments, with `%u` for the user. */
      readonly command: readonly string[] | null;
      /** The same, for the user's teams. */
      readonly teamsCommand: readonly string[] | null;
      readonly timeoutS: number;
      /** How long an answer is cached. */
      readonly cacheS: number;
      /** How much longer a cached answer is used while its source is down. */
      readonly outageS: number;
    };
    /**
     * The algorithms offered, best first, by their SSH names; of host key algorithms, those that a
     * host key exists for.
     */
    readonly algorithms: Readonly<Record<AlgorithmKind, readonly string[]>>;
    readonly loginGraceS: number;
    /** `start:rate:full`, as sshd_config(5) MaxStartups. */
    readonly startupsMax: {
      readonly start: number;
      readonly ratePercent: number;
      readonly full: number;
    };
    /** Connections of one source (an IPv4 address or an IPv6 /64) that have not signed in. */
    readonly startupsPerSourceMax: number;
    /** CIDR networks without a limit per source. */
    readonly limitExempt: readonly string[];
    readonly sessionsPerUserMax: number;
    /** Closes a connection that is silent for this long; 0 is off. */
    readonly idleTimeoutS: number;
    readonly proxyProtocol: 'off' | 'require';
    /** CIDR networks whose PROXY headers are trusted. */
    readonly proxyFrom: readonly string[];
    /** An additional address for health and metrics, besides the control socket. */
    readonly statusListen: Address | null;
    /** What a session gets when the forker is down. */
    readonly fallback: 'spawn' | 'refuse';
  };
  readonly dashboard: {
    readonly listen: Address;
    /**
     * How people sign in: by the printed link, through a proxy that names them, or at an OpenID
     * provider.
     */
    readonly auth: 'token' | 'proxy' | 'oidc';
    /**
     * What a person on this machine may do without signing in, with `token` and a page that only
     * this machine reaches.
     */
    readonly anonymous: 'none' | 'viewer';
    /**
     * The addresses that people open, such as `https://hatchery.example.org`; empty: that of
     * `listen`, over plain HTTP.
     */
    readonly origins: readonly string[];
    /**
     * The role of each user with `proxy` and `oidc`: names of users, or of groups as `group:ops`.
     */
    readonly roles: {
      readonly admins: readonly string[];
      readonly operators: readonly string[];
      /** Empty: every signed-in user may look. */
      readonly viewers: readonly string[];
    };
    readonly proxy: {
      /** CIDR networks of proxies that are trusted to name the user. */
      readonly from: readonly string[];
      /** A Unix socket whose callers are trusted: access to it is the control. */
      readonly socket: string | null;
      readonly userHeader: string;
      readonly groupsHeader: string;
    };
    readonly oidc: {
      readonly issuer: string | null;
      readonly clientId: string | null;
      /**
       * The file with the client's secret; without it the client is a public one, with PKCE alone.
       */
      readonly clientSecretFile: string | null;
      readonly scopes: readonly string[];
      readonly userClaim: string;
      readonly groupsClaim: string;
    };
    /** CIDR networks that read `/metrics` without a sign-in. */
    readonly metricsFrom: readonly string[];
    /** How long a sign-in lasts at most. */
    readonly sessionS: number;
    /** How often the service checks whether the user still has access, and with which role. */
    readonly sessionRecheckS: number;
  };
  readonly locks: {
    readonly directory: string;
    /** Mode of the files of script locks; the directory admits the same accounts. */
    readonly mode: number;
    readonly orphanGraceS: number;
  };
  readonly log: { readonly level: LogLevel; readonly format: 'json' | 'text' };
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Port 0 asks the system for a free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}
