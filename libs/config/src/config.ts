import type { AlgorithmKind } from './ssh-algorithms.ts';

/**
 * What `hatchery.toml` and its defaults come to. Paths are absolute; durations are seconds as in
 * the file.
 */
export interface Config {
  readonly stateDirectory: string;
  /**
   * Sockets and pipe directories; made with mode 0711 so that a gateway of another user can pass.
   */
  readonly runtimeDirectory: string;
  readonly hosting: {
    readonly root: string;
    /** As `~alice/secret` or `~reds`: what only that user or that team's members see. */
    readonly private: readonly string[];
    /** Nothing is written, whatever `hatchery read-only off` says. */
    readonly readOnly: boolean;
    /** Of what sessions write; null: the operator's own, with nothing for other accounts. */
    readonly umask: number | null;
    /**
     * Clients may read the files that make up a branch, as `brz branch --stacked` and `brz check
     * URL` do.
     */
    readonly fileReads: boolean;
  };
  readonly forker: {
    /**
     * The fork protocol's socket. The control socket stands beside it: see {@link
     * controlSocketPath}.
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
    /** False: every session is a Python of its own, started when it is asked for. */
    readonly fork: boolean;
    /**
     * The account that sessions must run as; null: `hatchery-sessions` where it can be used, else
     * the service's own (`findSessionUser`).
     */
    readonly runAs: string | null;
  };
  /** Of one session each (setrlimit(2)); 0 leaves a limit as it is. */
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
     * A file of the authorities whose user certificates let in whom they name, as sshd_config(5)
     * TrustedUserCAKeys.
     */
    readonly userAuthorities: string | null;
    /** As sshd_config(5) RevokedKeys. */
    readonly revokedKeys: string | null;
    readonly keyLookup: {
      /** Where users' keys come from: `usersDirectory`, `url` or `command`. */
      readonly source: 'files' | 'http' | 'command';
      /** With `{user}` in it. */
      readonly url: string | null;
      /** Holds what is sent to `url` as a bearer token. */
      readonly tokenFile: string | null;
      /** A program and its arguments, with `%u` for the user. */
      readonly command: readonly string[] | null;
      /** The same, for the user's teams. */
      readonly teamsCommand: readonly string[] | null;
      readonly timeoutS: number;
      /** So long an answer is not asked for again. */
      readonly cacheS: number;
      /** So much longer an answer counts while its source gives none. */
      readonly outageS: number;
    };
    /**
     * What is offered, best first, by the names of SSH; of the host keys' as far as there is a key
     * for it.
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
    /** Silence of the wire; 0 is off. */
    readonly idleTimeoutS: number;
    readonly proxyProtocol: 'off' | 'require';
    /** CIDR networks whose PROXY headers are believed. */
    readonly proxyFrom: readonly string[];
    /** Where health and metrics are answered besides the control socket. */
    readonly statusListen: Address | null;
    /** What a session gets when the forker is away. */
    readonly fallback: 'spawn' | 'refuse';
  };
  readonly dashboard: {
    readonly listen: Address;
    /**
     * How people sign in: by the printed link, by a proxy that says who they are, or at an OpenID
     * provider.
     */
    readonly auth: 'token' | 'proxy' | 'oidc';
    /**
     * What somebody on this machine who has not signed in may do, with `token` and a page that only
     * this machine reaches.
     */
    readonly anonymous: 'none' | 'viewer';
    /**
     * The addresses people open, as `https://hatchery.example.org`; empty: that of `listen`, over
     * plain HTTP.
     */
    readonly origins: readonly string[];
    /** Who may do what with `proxy` and `oidc`: names of users, or of groups as `group:ops`. */
    readonly roles: {
      readonly admins: readonly string[];
      readonly operators: readonly string[];
      /** Empty: everybody who is signed in may look. */
      readonly viewers: readonly string[];
    };
    readonly proxy: {
      /** CIDR networks whose word on who asks is believed. */
      readonly from: readonly string[];
      /** A Unix socket whose callers are believed: whoever may open it. */
      readonly socket: string | null;
      readonly userHeader: string;
      readonly groupsHeader: string;
    };
    readonly oidc: {
      readonly issuer: string | null;
      readonly clientId: string | null;
      /** Holds the secret; without it the client is a public one, with PKCE alone. */
      readonly clientSecretFile: string | null;
      readonly scopes: readonly string[];
      readonly userClaim: string;
      readonly groupsClaim: string;
    };
    /** CIDR networks that read `/metrics` without a sign-in. */
    readonly metricsFrom: readonly string[];
    /** Signed in for as long, whatever happens. */
    readonly sessionS: number;
    /** So often is asked whether somebody may still be here, and as what. */
    readonly sessionRecheckS: number;
  };
  readonly locks: {
    readonly directory: string;
    /** Of the files of scripts' locks; their directory lets in the same accounts. */
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
